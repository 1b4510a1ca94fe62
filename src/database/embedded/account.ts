import { readFile } from 'node:fs/promises';

/** The system account that PostgreSQL runs as when the server itself is root, which PostgreSQL refuses to be. */
export interface Account {
  uid: number;
  gid: number;
}

/** The account to run a new cluster as: `postgres`, else `nobody`. Undefined: the server's own, for it is not root. */
export async function accountForNewCluster(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const line = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  return line ? { uid: Number(line[2]), gid: Number(line[3]) } : { uid: 65_534, gid: 65_534 };
}
