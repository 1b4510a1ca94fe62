import type { Config } from '../config.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Logger } from '../logger.ts';

/**
 * Writes the windows of the configuration to where the view that judges status reads them. The last server to start
 * decides for all, so that one that changes them says so.
 */
export async function writeStatusWindows(
  prisma: PrismaClient,
  { livenessWindowSeconds, provisioningWindowSeconds }: Config,
  log: Logger,
): Promise<void> {
  const changed = await prisma.$executeRaw`
    update status_windows
       set liveness_seconds = ${livenessWindowSeconds}::int, provisioning_seconds = ${provisioningWindowSeconds}::int,
           changed_at = statement_timestamp()
     where (liveness_seconds, provisioning_seconds)
           is distinct from (${livenessWindowSeconds}::int, ${provisioningWindowSeconds}::int)`;
  if (changed > 0) log.info({ livenessWindowSeconds, provisioningWindowSeconds }, 'Changed the windows of status');
}
