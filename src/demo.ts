import { beatDemoAgents, seed } from '../prisma/seed.ts';
import type { PrismaClient } from './generated/prisma/client.ts';
import type { Logger } from './logger.ts';

/** Milliseconds that writing the demo data may take, on a slow machine too. */
const seedTimeoutMs = 60_000;
/** Milliseconds between the heartbeats of the demo's agents: three fit into the liveness window. */
const beatMs = 30_000;

/**
 * Fills a database without organizations with the demo data, and plays the agents of the demo that are said to run.
 * Returns what ends the play.
 */
export async function runDemo(prisma: PrismaClient, log: Logger): Promise<() => Promise<void>> {
  if ((await prisma.organization.count()) === 0) {
    await prisma.$transaction(seed, { timeout: seedTimeoutMs });
    log.info('Filled the empty database with demo data');
  }
  const beat = () => beatDemoAgents(prisma).catch((error) => log.warn({ err: error }, 'The demo agents cannot beat'));
  let beating = beat();
  const timer = setInterval(() => {
    beating = beat();
  }, beatMs);
  return async () => {
    clearInterval(timer);
    await beating;
  };
}
