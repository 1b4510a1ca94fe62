import { Lexer, parse } from 'graphql';
import { expect, test, vi } from 'vitest';
import { createDocumentCaches } from '../../src/graphql/limits/documents.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { exceed } from './refusals.ts';

const api = createTestApi(await createTestDatabase());

/** How often the work reads a token of a document. */
async function countTokens(work: () => Promise<unknown>): Promise<number> {
  const advance = vi.spyOn(Lexer.prototype, 'advance');
  try {
    await work();
    return advance.mock.calls.length;
  } finally {
    advance.mockRestore();
  }
}

test('a document that is sent again is not read again, whether it was refused or not', async () => {
  const good = '{ viewer { kind } } # read once';
  const bad = `{ viewer { ${Array.from({ length: 200 }, (_, index) => `a${index}: kind`).join(' ')} } }`;
  expect(await countTokens(() => api.expectData(good))).toBeGreaterThan(0);
  expect(await countTokens(() => exceed(api, bad))).toBeGreaterThan(0);
  expect(await countTokens(() => api.expectData(good))).toBe(0);
  expect(await countTokens(() => exceed(api, bad))).toBe(0);
});

test('what is remembered is bounded by its length, and not by how many documents there are', () => {
  const { documentCache, errorCache } = createDocumentCaches();
  const document = parse('{ viewer { kind } }');
  for (let index = 0; index < 50; index++) {
    documentCache.set(`${index} ${'x'.repeat(100_000)}`, document);
    errorCache.set(`${index} ${'x'.repeat(100_000)}`, new Error('Too large'));
  }
  for (const cache of [documentCache, errorCache]) {
    expect(cache.size).toBeGreaterThan(5);
    expect(cache.calculatedSize).toBeLessThanOrEqual(1_000_000);
  }
});
