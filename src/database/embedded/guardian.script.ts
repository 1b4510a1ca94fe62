// The guardian of an embedded PostgreSQL: a small process that outlives its server, whatever the server dies of, and
// then stops PostgreSQL and removes what was temporary. It knows that the server is gone when its standard input ends.
//
// This text is handed to `node --eval`, from here by tsx and vitest and from the compiled output alike: it must stay
// plain JavaScript, without a type annotation, and import nothing but Node's own modules.
//
// Standard input carries one JSON object on a line: { remove } names a path to remove at the end, { run } a program to
// run. The guardian answers each run with one line, once that has ended.
import { spawn } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';

const MAX_LOG_BYTES = 5_000_000;
const MAX_TAIL_CHARACTERS = 4_000;
const FAST_SHUTDOWN_MS = 20_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

process.title = 'taproot-guardian';
// Only the end of the server counts: a service manager signals every process of the service at once, and PostgreSQL
// must last until the server has drained.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdout.on('error', () => {});

const serverGone = new AbortController();
process.stdin.on('error', () => serverGone.abort());
createInterface({ input: process.stdin })
  .on('close', () => serverGone.abort())
  .on('line', (line) => {
    const { remove, run } = JSON.parse(line);
    if (remove) {
      process.on('exit', () => {
        try {
          rmSync(remove, { recursive: true, force: true, maxRetries: 5 });
        } catch {
          // The next path is to be removed all the same.
        }
      });
    }
    if (!run) return;

    let tail = '';
    try {
      const program = spawn(run.file, run.args, { ...run.options, stdio: ['ignore', 'ignore', 'pipe'] });
      program.stderr.setEncoding('utf8').on('data', (text) => {
        tail = (tail + text).slice(-MAX_TAIL_CHARACTERS);
        if (run.log) {
          try {
            const size = statSync(run.log, { throwIfNoEntry: false })?.size ?? 0;
            if (size > MAX_LOG_BYTES) renameSync(run.log, `${run.log}.1`);
            appendFileSync(run.log, text, { mode: 0o600 });
          } catch {
            // A log that cannot be written, on a full disk say, must not keep PostgreSQL from writing to its pipe.
          }
        }
      });
      program.on('error', (error) => process.stdout.write(`${JSON.stringify({ error: error.message, tail })}\n`));
      program.on('close', (code, signal) => process.stdout.write(`${JSON.stringify({ code, signal, tail })}\n`));

      serverGone.signal.addEventListener('abort', () => {
        program.kill('SIGINT');
        setTimeout(() => program.kill('SIGQUIT'), FAST_SHUTDOWN_MS).unref();
        setTimeout(() => program.kill('SIGKILL'), FAST_SHUTDOWN_MS + IMMEDIATE_SHUTDOWN_MS).unref();
      });
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ error: String(error), tail })}\n`);
    }
  });
