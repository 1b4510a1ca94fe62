import { type GraphQLError, Kind } from 'graphql';
import { Counter, type Registry } from 'prom-client';
import type { Operation } from '../graphql/observe-operations.ts';
import type { Outcomes } from '../graphql/outcomes.ts';
import { codeOf, codes } from './operations.ts';

const install = 'installPlatformAgent';

/** Counts what installs come to: done, nothing to do, or the code of what refused them. */
export function createInstallMetrics(registry: Registry) {
  const installs = new Counter({
    name: 'taproot_installs_total',
    help: 'Calls of installPlatformAgent by outcome: installed, already_installed, or the code of the error.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  // As those that were never seen are 0, an alert on an increase does not miss the first.
  for (const outcome of ['installed', 'already_installed', ...codes]) installs.inc({ outcome }, 0);
  return {
    onInstall(changed: boolean) {
      installs.inc({ outcome: changed ? 'installed' : 'already_installed' });
    },
    onErrors(errors: readonly GraphQLError[], operation: Operation | undefined) {
      if (!operation?.fields.includes(install)) return;
      for (const error of errors) if (isOfInstall(error)) installs.inc({ outcome: codeOf(error) });
    },
  };
}

/** Whether the install itself failed: neither another field beside it, under whichever alias, nor what is selected of the agent. */
function isOfInstall({ path, nodes }: GraphQLError): boolean {
  const field = nodes?.[0];
  return path?.length === 1 && field?.kind === Kind.FIELD && field.name.value === install;
}

/** Counts the heartbeats that were recorded. */
export function createHeartbeatMetrics(registry: Registry): Outcomes['onHeartbeats'] {
  const heartbeats = new Counter({
    name: 'taproot_heartbeats_recorded_total',
    help: 'Heartbeats that were recorded, by recordHeartbeat (single) or recordHeartbeats (batch).',
    labelNames: ['mode'],
    registers: [registry],
  });
  for (const mode of ['single', 'batch']) heartbeats.inc({ mode }, 0);
  return (mode, recorded) => heartbeats.inc({ mode }, recorded);
}
