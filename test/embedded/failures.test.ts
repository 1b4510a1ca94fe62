import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { EmbeddedPostgresError } from '../../src/database/embedded/errors.ts';
import { SLOW, test } from './embedded-test.ts';

vi.setConfig(SLOW);

test('what keeps PostgreSQL from starting is told with the end of its log', async ({ usedDirectory, start }) => {
  const directory = await usedDirectory();
  await expect(start(directory, { settings: { work_mem: 'plenty' } })).rejects.toThrow(
    /did not start.*exit code 1[\s\S]*invalid value for parameter "work_mem": "plenty"/,
  );
});

test('data of another major version is refused, and so is a directory of something else', async ({
  usedDirectory,
  start,
}) => {
  const directory = await usedDirectory();
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '14\n');
  await expect(start(directory)).rejects.toThrow(/written by PostgreSQL 14, and this is 18.*DATA_DIR/);

  await rm(join(directory, 'postgres', 'PG_VERSION'));
  await expect(start(directory)).rejects.toThrow(/not a data directory that this server made/);
});

test('a directory that cannot be made is told by its name, and what to set instead', async ({
  emptyDirectory,
  start,
}) => {
  const file = join(await emptyDirectory(), 'file');
  await writeFile(file, '');
  const refusal = await start(join(file, 'data')).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(EmbeddedPostgresError);
  expect(refusal).toMatchObject({ message: expect.stringContaining(join(file, 'data')) });
  expect(refusal).toMatchObject({ message: expect.stringMatching(/DATA_DIR.*DATABASE_URL/) });
});

test('a platform without a package is told to use DATABASE_URL', async ({ emptyDirectory, start }) => {
  const { arch } = process;
  Object.defineProperty(process, 'arch', { value: 'vax' });
  try {
    await expect(start(await emptyDirectory())).rejects.toThrow(/no embedded PostgreSQL for \w+-vax.*DATABASE_URL/);
  } finally {
    Object.defineProperty(process, 'arch', { value: arch });
  }
});
