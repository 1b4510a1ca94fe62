import { AsyncResource } from 'node:async_hooks';
import pg from 'pg';

type Connected = Parameters<pg.Pool['connect']>[0];

/**
 * A pool that hands a connection out in the asynchronous context of who asked for it, and not of who gave it back: otherwise
 * what waited for a connection would be traced as a part of another request.
 */
export class ContextPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(onConnected: Connected): void;
  override connect(onConnected?: Connected): Promise<pg.PoolClient> | undefined {
    if (onConnected === undefined) return super.connect();
    super.connect(AsyncResource.bind(onConnected));
    return undefined;
  }
}
