import type { Config } from '../config.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Logger } from '../logger.ts';

/**
 * Warns when the pools of all processes together may ask for more connections than the database gives. It is no reason
 * not to start: a pooler in between may share fewer among them, and a pool holds no more than it has work for.
 */
export async function warnOfScarceConnections(
  prisma: PrismaClient,
  { webConcurrency, databasePoolSize, metricsPort }: Config,
  log: Logger,
): Promise<void> {
  // PostgreSQL 15 has no reserved_connections.
  const [limit] = await prisma.$queryRaw<[{ connections: number }]>`
    select current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int as connections`;
  const ofMetrics = metricsPort === undefined ? 0 : 1;
  const wanted = webConcurrency * databasePoolSize + ofMetrics;
  if (wanted <= limit.connections) return;
  log.warn(
    { wanted, available: limit.connections },
    'WEB_CONCURRENCY x DATABASE_POOL_SIZE is more connections than the database gives, and requests that get none fail. ' +
      'Lower one of them, raise max_connections of the database, or put a pooler in front of it.',
  );
}
