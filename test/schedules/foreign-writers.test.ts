import type pg from 'pg';
import { test } from 'vitest';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import { ask } from '../model/answers.ts';
import { bounds } from '../model/bounds.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase, openTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { expectSerial } from './expect-serial.ts';
import { sessionUrl } from './held-statements.ts';
import type { Participant } from './meeting.ts';
import { openWorld } from './operations.ts';

// Writers that do not lock the organization. An install locks the roots because of them.

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi({ ...database, url: sessionUrl(database.url, 'installer') }, bounds);
const writer = await openTestDatabase(sessionUrl(database.url, 'writer')).connect();
const neighbour = watchNeighbour(database);
const observer = await database.connect();

/** What they write. $1 is the organization, $2 its second root. */
const writes: [title: string, sql: string][] = [
  [
    'the removal of a root',
    `with revoked as (update org_api_tokens set revoked_at = now() where org_id = $1 and root_id = $2)
     update workspaces set lifecycle = 'removed' where org_id = $1 and id = $2`,
  ],
  ["the agent's name given to a root", `update workspaces set name = 'Acme Agent' where org_id = $1 and id = $2`],
  ['the restriction of a root', `update workspaces set plugin_policy = 'allow_listed' where org_id = $1 and id = $2`],
  [
    'a new entry on the list of a root',
    `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
     values ($1, $2, 'search', 'dan', '2001-01-02 00:00:00+00')`,
  ],
  ['the loss of an entry', 'delete from org_plugin_allowlist where org_id = $1 and root_id = $2'],
  ['the revocation of a token', 'update org_api_tokens set revoked_at = now() where org_id = $1 and root_id = $2'],
];

/** One who writes in a transaction, and is told the constraint that refuses it. */
function foreignWriter(sql: string): Participant {
  return {
    name: 'writer',
    async act({ resolve }) {
      await writer.query('BEGIN');
      try {
        await writer.query(sql, resolve(['@org', '@w1']));
        await writer.query('commit');
        return { done: 'written' };
      } catch (error) {
        await writer.query('rollback');
        const { code, constraint } = error as pg.DatabaseError;
        return { refused: code ?? '', ids: { constraint } };
      }
    },
  };
}

test.each(writes)('an install and %s end as one after the other, however their statements meet', async (title, sql) => {
  const installer: Participant = {
    name: 'installer',
    act: ({ resolve }) => ask(api, resolve({ mutation: 'installPlatformAgent', args: { orgId: '@org' } })),
  };
  await expectSerial({ database, observer, neighbour }, openWorld, [installer, foreignWriter(sql)], {
    title,
    sample: { bounded: 100, deep: Number.POSITIVE_INFINITY },
  });
});
