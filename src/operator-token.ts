import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The operator token of a server that was given none: made up once and kept in the data directory, for its owner's eyes
 * only, so that it stays the same from start to start.
 */
export async function keptOperatorToken(dataDirectory: string): Promise<string> {
  const file = join(dataDirectory, 'operator-token');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (kept.trim()) return kept.trim();
  const token = randomBytes(24).toString('base64url');
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
