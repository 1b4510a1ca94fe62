import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { TestClient } from './database.ts';

const BOUND_MS = 10_000;
const INTERVAL_MS = 5;

/** Resolves once the connection `pid` waits for a lock that another one holds. Asks through `observer`. */
export async function waitUntilBlocked(observer: pg.ClientBase, pid: number): Promise<void> {
  await waitUntil(`connection ${pid} waits for a lock`, async () => {
    const { rows } = await observer.query('select cardinality(pg_blocking_pids($1)) > 0 as blocked', [pid]);
    return rows[0].blocked;
  });
}

/**
 * Resolves once at least `count` connections wait for locks of `holder`, at first or at second hand (who queues behind a
 * waiter waits for the holder too). For connections whose process is not known, such as those of a pool. Asks through
 * the holder itself, whose transaction may be open.
 */
export async function waitUntilBlockedBy(holder: TestClient, count = 1): Promise<void> {
  await waitUntil(`${count} connections wait for locks of connection ${holder.pid}`, async () => {
    // pg_locks and not pg_stat_activity: the latter is frozen within a transaction.
    const { rows } = await holder.query(
      `with recursive waiting as (
         select distinct pid, pg_blocking_pids(pid) as blockers from pg_locks where not granted
       ), blocked as (
         select pid from waiting where $1 = any(blockers)
         union
         select w.pid from waiting w join blocked b on b.pid = any(w.blockers)
       )
       select count(*)::int as count from blocked`,
      [holder.pid],
    );
    return rows[0].count >= count;
  });
}

/** Resolves once the attempt answers true. Fails, naming what was waited for, when it did not within the bound. */
export async function waitUntil(
  what: string,
  attempt: () => Promise<boolean>,
  boundMs: number = BOUND_MS,
): Promise<void> {
  const end = performance.now() + boundMs;
  while (!(await attempt())) {
    if (performance.now() > end) throw new Error(`Waited ${boundMs / 1000} s in vain until ${what}`);
    await delay(INTERVAL_MS);
  }
}
