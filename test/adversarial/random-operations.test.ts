import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alarmsIn } from '../support/alarms.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried, seedOfRun, tries } from '../support/effort.ts';
import { waitUntilConnectionsAreIdle } from '../support/idle-connections.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { ask, type Response } from './ask.ts';
import { drawRequest, pick } from './random-requests.ts';
import type { GraphqlRequest } from './requests.ts';
import { type Ids, idsOfNothing, insertInstalledWorld, insertWorld, type World } from './worlds.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
/** Not even the operator, who may do everything, knows of it here. */
watchNeighbour(database);

/** Rounds of requests, and milliseconds that they may take where other tests run beside them. */
const rounds = tries({ bounded: 150, deep: 5_000 });
const boundMs = tries({ bounded: 60_000, deep: 3_600_000 });
/** Requests that are under way at the same time. */
const atOnce = 4;
/** Ids and cursors that are kept of what has been answered. */
const maxKept = 300;

/** Rounds after which there are new organizations: by then the old ones have no tokens and no roots left. */
const roundsOfWorlds = 50;

/** All that have ever been inserted, the newest last. */
const worlds: World[] = [];
const insertWorlds = async (): Promise<readonly World[]> => {
  const made = [await insertWorld(database), await insertWorld(database), await insertInstalledWorld(database, api)];
  worlds.push(...made);
  return made;
};

/** Who calls: `world` is undefined for the operator, and for whoever has no token. */
interface Caller {
  readonly authorization: string | null;
  readonly world: World | undefined;
}

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const cursors = /\bR1BD[\w+/]{8,}=*/g;

/** All ids in the text, those within cursors included. */
function idsIn(text: string): string[] {
  const decoded = (text.match(cursors) ?? []).map((cursor) => Buffer.from(cursor, 'base64').toString());
  return [text, ...decoded].flatMap((part) => part.match(uuids) ?? []);
}

/** Those of these ids that are there, and all of them in other organizations. */
async function foreignIds(orgId: string, ids: readonly string[]): Promise<unknown[]> {
  return database.query(
    `select id, array_agg(org_id) as "orgIds"
     from (
       select id, id as org_id from organizations
       union all select id, org_id from workspaces
       union all select id, org_id from org_api_tokens
     ) as found
     where id = any($1::uuid[])
     group by id having bool_and(org_id <> $2::uuid)`,
    [ids, orgId],
  );
}

/** Expects that an answer is one that this caller may get to this request. */
async function expectSound(
  { authorization, world }: Caller,
  request: GraphqlRequest,
  response: Response,
): Promise<void> {
  const sent = JSON.stringify(request.variables);
  const whole = `${request.query}\n${sent}`;
  expect([200, 400, 401], whole).toContain(response.status);
  // Nothing is wrong with the database, and nobody holds a lock for long.
  for (const { extensions } of response.errors ?? [])
    expect(['SERVICE_UNAVAILABLE', 'LOCK_TIMEOUT'], whole).not.toContain(extensions.code);
  expectNoLeak(
    response.errors,
    request.query,
    ...(sent.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((text) => JSON.parse(text)),
  );
  if (authorization === null) {
    expect(response.errors?.length, whole).toBeGreaterThan(0);
    expect(
      Object.values(response.data ?? {}).filter((value) => value !== null),
      whole,
    ).toEqual([]);
  }
  if (world === undefined) return;
  const text = JSON.stringify(response);
  for (const { mark } of worlds) if (mark !== world.mark) expect(text, whole).not.toContain(mark);
  const told = JSON.stringify(response.data ?? null) + JSON.stringify(response.errors ?? []);
  const asked = new Set(idsIn(sent.toLowerCase() + sent));
  // What a refusal repeats is told to who has said it.
  const ids = [
    ...new Set([...idsIn(JSON.stringify(response.data ?? null)), ...idsIn(told).filter((id) => !asked.has(id))]),
  ];
  expect(await foreignIds(world.ids.organization, ids), whole).toEqual([]);
}

test(
  'no request, whatever it asks and whoever sends it, is answered with more than is meant for its caller',
  async () => {
    const outcomes = new Map<string, number>();
    const kept: string[] = [];
    let callers: readonly Caller[] = [];
    let known: readonly Ids[] = [];
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        if (round++ % roundsOfWorlds === 0) {
          const present = await insertWorlds();
          known = [...present.map(({ ids }) => ids), idsOfNothing()];
          callers = [
            { authorization: `Bearer ${operatorToken}`, world: undefined },
            ...present.map((world) => ({ authorization: `Bearer ${world.token}`, world })),
            { authorization: null, world: undefined },
          ];
        }
        const calls = Array.from({ length: atOnce }, () => {
          const caller = pick(draw, callers);
          const ids = draw(fc.boolean) ? (caller.world?.ids ?? pick(draw, known)) : pick(draw, known);
          return { caller, request: drawRequest(draw, ids, [...kept, ...Object.values(pick(draw, known))]) };
        });
        const responses = await Promise.all(
          calls.map(({ caller, request }) => ask(api, request, caller.authorization)),
        );
        for (const [index, response] of responses.entries()) {
          const call = calls[index];
          if (call === undefined) throw new Error('No call');
          await expectSound(call.caller, call.request, response);
          const outcome = response.errors?.[0]?.extensions.code ?? 'done';
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          const text = JSON.stringify(response.data ?? null);
          kept.unshift(...new Set([...(text.match(uuids) ?? []), ...(text.match(cursors) ?? [])]));
          kept.length = Math.min(kept.length, maxKept);
        }
        countTried('hostile inputs', atOnce);
      }),
      // What is answered depends on all that was done before, so a round that failed cannot be tried again with less.
      { seed: seedOfRun(), numRuns: rounds, endOnFailure: true },
    );
    // Otherwise next to nothing would have been tried.
    expect(outcomes.get('done')).toBeGreaterThan((atOnce * rounds) / 4);
  },
  boundMs,
);

test('no connection was left within a transaction, and nothing was logged as unexpected', async () => {
  await waitUntilConnectionsAreIdle(database);
  expect(alarmsIn(api.logged)).toEqual([]);
});
