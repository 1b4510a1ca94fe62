import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-tool.mjs';

/** A hash of the contents of files and folders, named from the top of the checkout. What is not there counts as that. */
export function hashInputs(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) addTo(hash, path);
  return hash.digest('hex');
}

function addTo(hash, path) {
  const file = join(root, path);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    for (const name of readdirSync(file).sort()) addTo(hash, join(path, name));
  } else {
    hash.update(`\0${path}\0`).update(stats ? readFileSync(file) : '');
  }
}
