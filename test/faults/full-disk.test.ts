import { expect, test, vi } from 'vitest';
import { asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { attempt, mutations } from '../concurrency/calls.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { createTestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { insertNeighbour } from '../support/fixtures.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { canMount, startOwnPostgres } from './own-postgres.ts';

vi.setConfig(SLOW);

async function openDisk() {
  const { database } = await startOwnPostgres({ diskMegabytes: 150, settings: { autovacuum: 'off' } });
  return { database, api: createTestApi(database) };
}

/** Undefined where none can be made for a test. */
const disk = canMount() ? await openDisk() : undefined;

/** Fills the disk to the last page, with what needs no log. */
async function fill(database: TestDatabase): Promise<void> {
  await database.query('create unlogged table filler (text text)');
  for (const rows of [10_000, 1_000, 100, 10, 1]) {
    const insertion = `insert into filler select repeat('x', 1000) from generate_series(1, ${rows})`;
    let error: unknown;
    while (error === undefined)
      error = await database.query(insertion).then(
        () => undefined,
        (thrown) => thrown,
      );
    expect(error).toMatchObject({ code: '53100' });
  }
}

test.runIf(disk !== undefined)(
  'installs on a disk that is full are done as a whole or not at all, and told so; and are done when there is room again',
  async () => {
    const { database, api } = disk as NonNullable<typeof disk>;
    const organizations = await Promise.all(Array.from({ length: 100 }, () => insertAcme(database)));
    const { orgId: neighbourId } = await insertNeighbour(database);
    const neighbour = await snapshotOrganization(database, neighbourId);
    await fill(database);

    const refused = [];
    for (const acme of organizations) {
      const outcome = await attempt(api, mutations.install, { orgId: acme.orgId });
      // Some still fit on pages that have room.
      if (outcome !== 'done') {
        expect(outcome).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
        refused.push(acme);
      }
      await expectState(database, acme, outcome === 'done' ? asInstalled : asInserted);
      countTried('faults');
    }
    expect(refused.length).toBeGreaterThan(0);
    expect((await api.execute('{ organizations { totalCount } }')).errors).toBeUndefined();

    await database.query('drop table filler');
    for (const acme of refused) {
      expect(await attempt(api, mutations.install, { orgId: acme.orgId })).toBe('done');
      await expectState(database, acme, asInstalled);
    }
    expect(await snapshotOrganization(database, neighbourId)).toEqual(neighbour);
  },
);
