import { describe, expect, test, vi } from 'vitest';
import { asInserted, asInstalled, expectState, insertAcme } from '../concurrency/acme.ts';
import { attempt, mutations } from '../concurrency/calls.ts';
import { SLOW } from '../embedded/embedded-test.ts';
import { createTestApi } from '../support/api.ts';
import { insertNeighbour } from '../support/fixtures.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { canMount, startOwnPostgres } from './own-postgres.ts';

vi.setConfig(SLOW);

describe.runIf(canMount())('on a disk that is full, where one can be made for a test,', async () => {
  const { database } = await startOwnPostgres({ diskMegabytes: 150, settings: { autovacuum: 'off' } });
  const api = createTestApi(database);

  /** Fills the disk to the last page, with what needs no log. */
  async function fill(): Promise<void> {
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

  test('installs are done as a whole or not at all, and told so; and are done when there is room again', async () => {
    const organizations = await Promise.all(Array.from({ length: 100 }, () => insertAcme(database)));
    const { orgId: neighbourId } = await insertNeighbour(database);
    const neighbour = await snapshotOrganization(database, neighbourId);
    await fill();

    const refused = [];
    for (const acme of organizations) {
      const outcome = await attempt(api, mutations.install, { orgId: acme.orgId });
      // Some still fit on pages that have room.
      if (outcome !== 'done') {
        expect(outcome).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
        refused.push(acme);
      }
      await expectState(database, acme, outcome === 'done' ? asInstalled : asInserted);
    }
    expect(refused.length).toBeGreaterThan(0);
    expect((await api.execute('{ organizations { totalCount } }')).errors).toBeUndefined();

    await database.query('drop table filler');
    for (const acme of refused) {
      expect(await attempt(api, mutations.install, { orgId: acme.orgId })).toBe('done');
      await expectState(database, acme, asInstalled);
    }
    expect(await snapshotOrganization(database, neighbourId)).toEqual(neighbour);
  });
});
