import { Histogram, type Registry } from 'prom-client';
import type { StatementObserver } from '../database/client.ts';
import type { OrganizationWriter } from '../database/organization-writer.ts';
import { isOrganizationLock } from '../organizations/organization.sql.ts';

/** Measures what structural writes wait for: their turn in this process, and then the lock on the organization. */
export function createWriteMetrics(registry: Registry) {
  const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];
  const queueWait = new Histogram({
    name: 'taproot_write_queue_wait_seconds',
    help: 'Time that structural writes waited for their turn in the process and for a connection, in vain or not.',
    buckets,
    registers: [registry],
  });
  const lockWait = new Histogram({
    name: 'taproot_organization_lock_wait_seconds',
    help: 'Time until the lock on an organization was had, or was given up: with no rival, a round trip to the database.',
    buckets,
    registers: [registry],
  });

  const aroundWrites =
    (write: OrganizationWriter): OrganizationWriter =>
    async (orgId, work) => {
      const stop = queueWait.startTimer();
      let waits = true;
      const begin = () => {
        // A transaction that is run again has had its turn.
        if (waits) stop();
        waits = false;
      };
      try {
        return await write(orgId, (tx) => {
          begin();
          return work(tx);
        });
      } finally {
        begin();
      }
    };
  const onStatement: StatementObserver = ({ text, opensTransaction }) => {
    if (!opensTransaction || !isOrganizationLock(text)) return undefined;
    const stop = lockWait.startTimer();
    return () => void stop();
  };
  return { aroundWrites, onStatement };
}
