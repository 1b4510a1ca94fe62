import { Gauge, type Registry } from 'prom-client';
import type { PoolFigures } from '../database/client.ts';
import type { Instrument } from '../instruments.ts';

/** Shows the pools of connections as they are when the metrics are read. */
export function createPoolMetrics(registry: Registry): NonNullable<Instrument['onPool']> {
  const pools = new Map<'primary' | 'replica', PoolFigures>();
  const gauge = (name: string, help: string, labelNames: string[], show: (gauge: Gauge, pool: Labelled) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const [database, pool] of pools) show(this, { database, pool });
      },
    });

  gauge(
    'taproot_database_connections',
    'Connections to the database that are open, by state: idle, or busy.',
    ['database', 'state'],
    (connections, { database, pool: { totalCount, idleCount } }) => {
      connections.set({ database, state: 'idle' }, idleCount);
      connections.set({ database, state: 'busy' }, totalCount - idleCount);
    },
  );
  gauge(
    'taproot_database_connections_max',
    'Connections to the database that may be open at once.',
    ['database'],
    (most, { database, pool }) => most.set({ database }, pool.options.max),
  );
  gauge(
    'taproot_database_connection_waits',
    'Statements and transactions that wait for a connection.',
    ['database'],
    (waits, { database, pool }) => waits.set({ database }, pool.waitingCount),
  );
  return (database, pool) => {
    pools.set(database, pool);
  };
}

interface Labelled {
  readonly database: 'primary' | 'replica';
  readonly pool: PoolFigures;
}
