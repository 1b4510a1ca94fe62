import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ServerProcess {
  readonly pid: number;
  /** What `readUrl` made of a line of its output. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Runs a server as a process of its own and resolves when a line of its output tells where it answers. */
export async function startProcess(
  file: string,
  environment: Record<string, string>,
  readUrl: (line: string) => string | undefined,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const end = () => child.kill('SIGKILL');
  process.on('exit', end);
  const url = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout }).on('line', (line) => {
      const found = readUrl(line);
      if (found === undefined) return;
      // Its log is not read by whoever keeps one, at the expense of its clients.
      lines.close();
      child.stdout.resume();
      resolve(found);
    });
    void ended.then(([code]) => reject(new Error(`${file} ended with code ${code}.`)));
  });
  return {
    pid: child.pid ?? Number.NaN,
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', end);
    },
  };
}
