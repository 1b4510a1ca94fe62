import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './database/migrations/package-root.ts';

/** The version of this server, as its package file says. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
}
