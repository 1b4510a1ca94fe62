import { done, liveWorkspaceOf, type Outcome, type Rule, requireOrganization } from './rule.ts';
import { isLive, type State, withWorkspace } from './state.ts';

// None of these changes a lifecycle, brings a removed workspace back, or waits for a change of the tree. That has its
// price: what they answer is read a moment after what they wrote.

const upper = { healthy: 'ONLINE', degraded: 'DEGRADED' } as const;

const beat = (state: State, id: string, health: string): State => {
  const heard = health === 'DEGRADED' ? 'degraded' : 'healthy';
  return withWorkspace(state, id, { heard, status: upper[heard] });
};

/** The status, at some later moment. */
const readLater = (state: State, id: string): Outcome => ({
  state,
  next: { key: 'read', take: (later) => done(later, { id, status: later.workspaces[id]?.status }) },
});

export const recordHeartbeat: Rule<'recordHeartbeat'> = (state, { orgId, workspaceId, health = 'HEALTHY' }) => {
  liveWorkspaceOf(state, orgId, workspaceId);
  return readLater(beat(state, workspaceId, health), workspaceId);
};

export const reportProvisioning: Rule<'reportProvisioning'> = (state, { orgId, workspaceId, state: said }) => {
  liveWorkspaceOf(state, orgId, workspaceId);
  const reported = { PROVISIONING: 'provisioning', FAILED: 'failed', OFFLINE: 'offline' } as const;
  return readLater(withWorkspace(state, workspaceId, { reported: reported[said], status: said }), workspaceId);
};

/**
 * Records what it can, and counts it. Those that were removed, or not there yet, are tried once more: they may have lacked
 * a heartbeat row.
 */
export const recordHeartbeats: Rule<'recordHeartbeats'> = (state, { orgId, heartbeats }) => {
  const beats = new Map(heartbeats.map(({ workspaceId, health }) => [workspaceId, health]));
  const first = beatAll(state, orgId, beats);
  if (first.missed.size === 0) return done(first.state, beats.size);
  return {
    state: first.state,
    next: {
      key: `again ${[...first.missed.keys()].join()}`,
      take(later) {
        if (first.missed.size === beats.size) requireOrganization(later, orgId);
        const second = beatAll(later, orgId, first.missed);
        return done(second.state, beats.size - second.missed.size);
      },
    },
  };
};

function beatAll(state: State, orgId: string, beats: ReadonlyMap<string, string>) {
  const known = orgId === state.orgId ? state.workspaces : {};
  const isHeard = (id: string) => known[id] !== undefined && isLive(known[id]);
  return {
    state: [...beats].reduce((heard, [id, health]) => (isHeard(id) ? beat(heard, id, health) : heard), state),
    missed: new Map([...beats].filter(([id]) => !isHeard(id))),
  };
}
