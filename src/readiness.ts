import type { PrismaClient } from './generated/prisma/client.ts';
import { inTime } from './in-time.ts';

/** Milliseconds within which the database has to answer for the server to be ready. */
const boundMs = 2_000;

/**
 * Tells whether the database answers. Whoever asks while a check is under way shares it: to ask, nobody has to say who they
 * are, and it must not cost the others their connections.
 */
export function createReadiness(prisma: PrismaClient): () => Promise<boolean> {
  let check: Promise<boolean> | undefined;
  const answers = () =>
    prisma.$queryRaw`select 1`.then(
      () => true,
      () => false,
    );
  return () => {
    check ??= inTime(answers(), boundMs, false).finally(() => {
      check = undefined;
    });
    return check;
  };
}
