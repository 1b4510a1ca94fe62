import { expect, test } from 'vitest';
import { createBatcher } from '../../src/database/batches.ts';
import { apart } from '../../src/database/sharding.ts';
import { waitUntil } from '../support/barriers.ts';

/** A batcher whose batches are answered when the test says so, in capitals, and the batches so far. */
function createHeld() {
  const batches: { items: readonly string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const load = createBatcher(
    (items: readonly string[]) =>
      new Promise<string[]>((resolve, reject) => {
        batches.push({ items, answer: () => resolve(items.map((item) => item.toUpperCase())), fail: reject });
      }),
  );
  return { load, batches, items: () => batches.map((batch) => batch.items) };
}

const turn = () => new Promise(setImmediate);

test('what is asked for at once goes out at once, together', async () => {
  const { load, batches, items } = createHeld();
  const answers = Promise.all(['a', 'b', 'a'].map(load));
  await turn();
  expect(items()).toEqual([['a', 'b', 'a']]);
  batches[0]?.answer();
  expect(await answers).toEqual(['A', 'B', 'A']);
});

test('what is asked for while a batch is under way makes up the next one, even if it was asked for before', async () => {
  const { load, batches, items } = createHeld();
  const first = load('a');
  await turn();
  const second = ['b', 'a'].map(load);
  batches[0]?.answer();
  expect(await first).toBe('A');
  await turn();
  expect(items()).toEqual([['a'], ['b', 'a']]);
  batches[1]?.answer();
  expect(await Promise.all(second)).toEqual(['B', 'A']);
});

test('what is asked for behind a batch that is never answered goes out all the same', async () => {
  const { load, batches } = createHeld();
  void load('never');
  await turn();
  const second = load('b');
  await waitUntil('the next batch goes out', async () => batches.length === 2);
  batches[1]?.answer();
  expect(await second).toBe('B');
});

test('a batch that fails concerns neither those before it nor those after it', async () => {
  const { load, batches } = createHeld();
  const first = Promise.allSettled(['a', 'b'].map(load));
  await turn();
  const second = load('c');
  batches[0]?.fail(new RangeError('no'));
  expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  batches[1]?.answer();
  expect(await second).toBe('C');
});

test('very many are asked for in several batches, and each gets its own answer', async () => {
  const sizes: number[] = [];
  const load = createBatcher(async (items: readonly number[]) => {
    sizes.push(items.length);
    return items.map((item) => (item % 2 ? item : new RangeError(`${item} is even`)));
  });
  const numbers = Array.from({ length: 2_500 }, (_, number) => number);
  const answers = await Promise.all(numbers.map((number) => load(number).catch((error: Error) => error.message)));
  expect(answers).toEqual(numbers.map((number) => (number % 2 ? number : `${number} is even`)));
  expect(sizes).toEqual([1_000, 1_000, 500]);
});

test('a batch that is parted by organization is answered in its order, and one part that fails does so alone', async () => {
  const parts: string[][] = [];
  const run = apart(async (items: readonly { orgId: string; name: string }[]) => {
    parts.push(items.map(({ name }) => name));
    if (items.some(({ orgId }) => orgId === 'lost')) throw new RangeError('no');
    return items.map(({ orgId, name }) => `${orgId}/${name}`);
  });
  const answers = await run([
    { orgId: 'x', name: 'a' },
    { orgId: 'lost', name: 'b' },
    { orgId: 'y', name: 'c' },
    { orgId: 'x', name: 'd' },
  ]);
  expect(parts).toEqual([['a', 'd'], ['b'], ['c']]);
  expect(answers).toEqual(['x/a', new RangeError('no'), 'y/c', 'x/d']);
});
