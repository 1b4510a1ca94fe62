import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { TestDatabase } from './database.ts';
import { insertNeighbour, type Neighbour } from './fixtures.ts';
import { type OrganizationSnapshot, snapshotOrganization } from './snapshot.ts';

/**
 * Puts a second organization beside those of the tests of this file, and fails every test after which a single one of
 * its rows is different. To be called outside of tests; the ids are there once they run.
 */
export function watchNeighbour(database: TestDatabase): Neighbour {
  const neighbour = {} as Neighbour;
  let before: OrganizationSnapshot;
  beforeAll(async () => {
    Object.assign(neighbour, await insertNeighbour(database));
  });
  beforeEach(async () => {
    before = await snapshotOrganization(database, neighbour.orgId);
  });
  afterEach(async () => {
    expect(await snapshotOrganization(database, neighbour.orgId), 'the rows of another organization').toEqual(before);
  });
  return neighbour;
}
