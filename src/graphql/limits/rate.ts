import cluster from 'node:cluster';
import { RateLimiterCluster, RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Logger } from '../../logger.ts';
import type { Caller } from '../../tokens/authenticate.ts';
import { LimitExceededError, type Limits } from './limits.ts';

/** Seconds in which requests are counted, from the first one on. */
const windowSeconds = 60;
/** Milliseconds that the primary process may take to count a request. */
const countTimeoutMs = 1_000;

/** A caller has made all requests that it may make in this minute. */
class RateLimitError extends LimitExceededError {
  override readonly retryable = true;

  constructor(limit: number, retryAfterSeconds: number) {
    super(`This token may make ${limit} requests a minute, and has. Try again in ${retryAfterSeconds} s.`, {
      limit,
      retryAfterSeconds,
    });
  }
}

/**
 * Counts a request of a caller.
 *
 * @throws RateLimitError
 */
export type CheckRate = (caller: Caller) => Promise<void>;

/**
 * Counts the requests of each token. The processes of one machine count together, in their primary process; other machines
 * count for themselves. A count that cannot be had, as that process is busy say, is no reason to refuse a request.
 */
export function createRateLimit(
  limits: Pick<Limits, 'ratePerMinute' | 'operatorRatePerMinute'>,
  log: Logger,
): CheckRate {
  const ofOperator = createCounter('operator', limits.operatorRatePerMinute, log);
  const ofTokens = createCounter('token', limits.ratePerMinute, log);
  return async (caller) => {
    if (caller.kind === 'operator') await ofOperator?.('operator');
    else await ofTokens?.(caller.tokenId);
  };
}

function createCounter(keyPrefix: string, points: number, log: Logger) {
  if (points === 0) return undefined;
  const options = { keyPrefix, points, duration: windowSeconds };
  const limiter = cluster.isWorker
    ? new RateLimiterCluster({ ...options, timeoutMs: countTimeoutMs })
    : new RateLimiterMemory(options);
  let counts = true;
  return async (key: string): Promise<void> => {
    try {
      await limiter.consume(key);
      counts = true;
    } catch (refusal) {
      if (refusal instanceof Error) {
        // Told once, and not for each request until it counts again.
        if (counts) log.warn({ err: refusal }, 'Requests are not counted');
        counts = false;
        return;
      }
      const { msBeforeNext } = refusal as RateLimiterRes;
      throw new RateLimitError(points, Math.max(1, Math.ceil(msBeforeNext / 1000)));
    }
  };
}
