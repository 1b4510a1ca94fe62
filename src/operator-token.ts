import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The operator token cannot be kept in the data directory. The message says why, and what to do about it. */
export class OperatorTokenError extends Error {
  override name = 'OperatorTokenError';

  constructor(file: string, verb: 'read' | 'written', cause: NodeJS.ErrnoException) {
    super(`The operator token in ${file} cannot be ${verb}: ${explain(cause)} Or set OPERATOR_TOKEN.`, { cause });
  }
}

/**
 * The operator token of a server that was given none: made up once and kept in the data directory, for its owner's eyes
 * only, so that it stays the same from start to start.
 *
 * @throws {OperatorTokenError} when it can be neither read nor written there
 */
export async function keptOperatorToken(dataDirectory: string): Promise<string> {
  const file = join(dataDirectory, 'operator-token');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new OperatorTokenError(file, 'read', error);
  });
  if (kept.trim()) return kept.trim();
  const token = randomBytes(24).toString('base64url');
  await writeFile(file, `${token}\n`, { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorTokenError(file, 'written', error);
  });
  return token;
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'the user that runs the server may not. Give that user the file and its directory.';
    case 'EROFS':
      return 'its file system is read-only. Choose another directory with DATA_DIR.';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full. Make room on it.';
    case 'EISDIR':
      return 'it is a directory. Move that away.';
    default:
      return `${message}. Choose another directory with DATA_DIR.`;
  }
}
