import { beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/client.ts';
import type { EventType } from '../../src/events/append-event.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import type { TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Acme, asInstalled, expectState, insertAcme, plus, type State } from './acme.ts';
import { attempt, mutations, type Outcome } from './calls.ts';
import { queue, race } from './interleaving.ts';

type Refusal = (acme: Acme) => Extract<Outcome, object>;

/** An operation that meets an install. */
export interface Rival {
  /** The subject of a sentence. */
  readonly title: string;
  /** What has to stand in the organization besides, before either begins. */
  readonly arrange?: (acme: Acme) => Promise<unknown>;
  /** The operation on a transaction that can be held open. */
  readonly run: (tx: Transaction, acme: Acme) => Promise<unknown>;
  /** The same as its callers do it. */
  readonly call: (acme: Acme) => Promise<Outcome>;
  /** False for one that does not touch the organization's row, and so does not wait for it. */
  readonly queues?: boolean;
  /** The event it leaves where it is done. The states below leave it out. */
  readonly event?: EventType;
  /** What an install alone leads to; left out: what it makes of the organization as it was inserted. */
  readonly installed?: State;
  /** What the operation alone leads to. */
  readonly alone: State;
  /** What an install after it leads to. */
  readonly beforeInstall: State;
  /** How that install is answered; left out: it is done. */
  readonly refusesInstall?: Refusal;
  /** What the operation leads to after an install. */
  readonly afterInstall: State;
  /** How the operation is answered then; left out: it is done. */
  readonly refusedAfterInstall?: Refusal;
}

/** Lets the rival and an install meet in every order, and expects one of the two orders to be the outcome. */
export function testRival(database: TestDatabase, api: TestApi, rival: Rival): void {
  const { title, arrange, run, queues = true, event, installed = asInstalled } = rival;
  const { refusesInstall, refusedAfterInstall } = rival;
  const events = event === undefined ? [] : [event];
  const alone = plus(rival.alone, { events });
  const beforeInstall = { ...rival.beforeInstall, events: [...events, ...rival.beforeInstall.events] };
  const afterInstall = refusedAfterInstall ? rival.afterInstall : plus(rival.afterInstall, { events });

  describe(title, () => {
    let acme: Acme;
    beforeEach(async () => {
      acme = await insertAcme(database);
      await arrange?.(acme);
    });
    const operate = (tx: Transaction) => run(tx, acme);
    const call = () => rival.call(acme);
    const install = (tx: Transaction) => installPlatformAgent(tx, { orgId: acme.orgId, actor: 'operator' });
    const callInstall = () => attempt(api, mutations.install, { orgId: acme.orgId });

    async function expectResult(state: State, outcome: Outcome, refusal?: Refusal): Promise<void> {
      if (refusal === undefined) expect(outcome).toBe('done');
      else expect(outcome).toMatchObject(refusal(acme));
      await expectState(database, acme, state);
    }

    test('goes first, and the install that waited for it builds on what it left', async () => {
      const outcome = await race(database, api.prisma, operate, callInstall, 'commit');
      await expectResult(beforeInstall, outcome, refusesInstall);
    });

    test('goes first and is rolled back, and the install that waited for it finds nothing of it', async () => {
      const outcome = await race(database, api.prisma, operate, callInstall, 'rollback');
      await expectResult(installed, outcome);
    });

    test('waits for an install, and then meets the installed organization', async () => {
      const outcome = await race(database, api.prisma, install, call, 'commit');
      await expectResult(afterInstall, outcome, refusedAfterInstall);
    });

    test('waits for an install that is rolled back, and goes on as if there had been none', async () => {
      const outcome = await race(database, api.prisma, install, call, 'rollback');
      await expectResult(alone, outcome);
    });

    if (!queues) return;

    test('is served before an install that came later, when both had to wait', async () => {
      const [first, second] = await queue<[Outcome, Outcome]>(database, acme.orgId, call, callInstall);
      expect(first).toBe('done');
      await expectResult(beforeInstall, second, refusesInstall);
    });

    test('is served after an install that came earlier, when both had to wait', async () => {
      const [first, second] = await queue<[Outcome, Outcome]>(database, acme.orgId, callInstall, call);
      expect(first).toBe('done');
      await expectResult(afterInstall, second, refusedAfterInstall);
    });
  });
}
