import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What package-lock.json says of a package. */
export interface Package {
  /** Where it is installed: `node_modules/pg`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  /** Whether it is left out where neither development tools nor optional packages are installed. */
  readonly isDispensable: boolean;
}

/** All packages of a lockfile, from the top of the checkout. */
export function readPackages(lockfile = 'package-lock.json'): Package[] {
  const { packages } = JSON.parse(readFileSync(resolve(lockfile), 'utf8'));
  return Object.entries<Record<string, never>>(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => {
      const { dev, optional, devOptional, peer, ...rest } = entry;
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { version: '', name, path, ...rest, isDispensable: Boolean(dev ?? optional ?? devOptional ?? peer) };
    });
}

/** Those that the server needs when it runs on a PostgreSQL of its own. */
export function packagesAtRunTime(): Package[] {
  return readPackages().filter(({ isDispensable }) => !isDispensable);
}
