import { createTaproot } from '../contenders/taproot.ts';
import type { BenchDatabase, BenchPostgres } from '../database.ts';
import { time } from '../measure.ts';
import { seedOrganizations, settle } from '../seed.ts';
import { growthExponent, type Spread, spreadOf } from '../statistics.ts';
import { expectAgent } from './expectations.ts';

export interface Growth {
  readonly of: 'roots' | 'organizations';
  /** Milliseconds that an install takes, one at a time, for each size. */
  readonly milliseconds: readonly { readonly size: number; readonly time: Spread }[];
  /** The slope between the logarithms of size and time: 1 is linear. */
  readonly exponent: number;
  /** How many times as long it takes at the largest size as at the smallest. */
  readonly ratio: number;
}

/** How the time of an install grows with the roots of its organization. */
export async function measureGrowthWithRoots(
  postgres: BenchPostgres,
  sizes: readonly number[],
  rounds: number,
): Promise<Growth> {
  const database = await postgres.createDatabase('growth_with_roots');
  const taproot = await createTaproot(database.url, 1);
  const samples = sizes.map((size) => ({ size, seconds: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { size, seconds } of samples) {
      const inputs = await seedOrganizations(database, Math.max(1, Math.min(20, Math.floor(1_000 / size))), size);
      await settle(database);
      const taken = await time(inputs, 1, async (orgId = '') => expectAgent(await taproot.install(orgId), 'offline'));
      if (round > 0) seconds.push(taken / inputs.length);
    }
  }
  await taproot.stop();
  await database.drop();
  return summarize('roots', samples);
}

/** How the time of an install grows with the organizations in the database, measured side by side in one for each size. */
export async function measureGrowthWithOrganizations(
  postgres: BenchPostgres,
  sizes: readonly number[],
  rounds: number,
): Promise<Growth> {
  const places = [];
  for (const size of sizes) {
    const database = await postgres.createDatabase(`growth_to_${size}`);
    for (let seeded = 0; seeded < size; seeded += 20_000) {
      await seedOrganizations(database, Math.min(20_000, size - seeded), 3);
    }
    await settle(database);
    places.push({ size, seconds: [] as number[], database, taproot: await createTaproot(database.url, 1) });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { seconds, database, taproot } of places) {
      const inputs = await untouched(database, 100, round);
      const taken = await time(inputs, 1, async (orgId = '') => expectAgent(await taproot.install(orgId), 'offline'));
      if (round > 0) seconds.push(taken / inputs.length);
    }
  }
  for (const { database, taproot } of places) {
    await taproot.stop();
    await database.drop();
  }
  return summarize('organizations', places);
}

/** Organizations of those that were seeded, from all over the database, that no round before has taken. */
async function untouched(database: BenchDatabase, count: number, round: number): Promise<[string][]> {
  const rows = await database.query<{ id: string }>(
    'select id from organizations where open_roots order by md5(id::text || $2::text) limit $1',
    [count, round],
  );
  return rows.map(({ id }) => [id]);
}

function summarize(
  of: Growth['of'],
  samples: readonly { readonly size: number; readonly seconds: readonly number[] }[],
): Growth {
  const milliseconds = samples.map(({ size, seconds }) => ({ size, time: spreadOf(seconds.map((one) => one * 1000)) }));
  const points = milliseconds.map(({ size, time }) => [size, time.median] as const);
  const [first, last] = [points.at(0), points.at(-1)];
  return {
    of,
    milliseconds,
    exponent: growthExponent(points),
    ratio: (last?.[1] ?? Number.NaN) / (first?.[1] ?? Number.NaN),
  };
}
