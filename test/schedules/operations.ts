import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { Answer, Call } from '../model/calls.ts';
import { fresh, type State, type Workspace } from '../model/state.ts';
import { idOf } from '../model/symbols.ts';

/** An organization that two operations meet in. What has what id is said with the words of the model. */
export interface World {
  readonly title: string;
  readonly build: (orgId: string) => State;
  /** The root that plugins, policies and tokens hang on. */
  readonly anchor: string;
  /** How many schedules of each pair a bounded run tries. */
  readonly sample: number;
}

/** An operation of the operator, unless a token is named. */
export interface Operation {
  readonly call: Call;
  readonly token?: string;
}

const ordinary = { kind: 'workspace', policy: 'allow_all', ...fresh } as const;

/** `@w0` is Alpha, `@w1` is Beta, `@w2` is Alpha's worker, and `@w3` a root that is gone. */
function build(orgId: string, installed: boolean): State {
  const agentId = platformAgentId(orgId);
  const id = (symbol: string) => idOf(orgId, symbol);
  const [alpha, beta, worker, gone] = [id('@w0'), id('@w1'), id('@w2'), id('@w3')];
  const parentId = installed ? agentId : null;
  const agent: Workspace = { ...ordinary, parentId: null, name: 'Acme Agent', kind: 'platform' };
  const token = { name: 'given', createdBy: 'fixture', revoked: false, expires: false };
  const [alphaRoot, betaRoot] = installed ? [agentId, agentId] : [alpha, beta];
  return {
    orgId,
    agentId,
    name: 'Acme',
    openRoots: !installed,
    workspaces: {
      ...(installed && { [agentId]: agent }),
      [alpha]: { ...ordinary, parentId, name: 'Alpha' },
      [beta]: { ...ordinary, parentId, name: 'Beta' },
      [worker]: { ...ordinary, parentId: alpha, name: 'Worker' },
      [gone]: { ...ordinary, parentId: null, name: 'Gone', lifecycle: 'removed', status: 'REMOVED' },
    },
    tokens: {
      [id('@token0')]: { ...token, rootId: alphaRoot },
      [id('@token1')]: { ...token, rootId: betaRoot },
      [id('@token2')]: { ...token, rootId: gone, revoked: true },
    },
    entries: [
      { rootId: alphaRoot, plugin: 'browser', by: 'ann', at: 2 },
      ...(installed ? [] : [{ rootId: beta, plugin: 'browser', by: 'bob', at: 1 }]),
      { rootId: gone, plugin: 'search', by: 'cid', at: 3 },
    ],
    events: [],
    others: {},
  };
}

export const openWorld: World = {
  title: 'before an install',
  build: (orgId) => build(orgId, false),
  anchor: '@w0',
  sample: 2,
};

export const worlds: readonly World[] = [
  openWorld,
  { title: 'after an install', build: (orgId) => build(orgId, true), anchor: '@agent', sample: 1 },
];

/** The operations that meet, by name. They are about the same few workspaces, names and plugins. */
export function operationsOf({ anchor: rootId }: World): Readonly<Record<string, Operation>> {
  const orgId = '@org';
  const calls: Record<string, Call> = {
    install: { mutation: 'installPlatformAgent', args: { orgId } },
    'create a root': { mutation: 'createWorkspace', args: { orgId, name: 'Gone' } },
    'create a child': { mutation: 'createWorkspace', args: { orgId, name: 'Beta', parentId: '@w0' } },
    'move a branch': { mutation: 'moveWorkspace', args: { orgId, id: '@w2', parentId: '@w1' } },
    'move a root': { mutation: 'moveWorkspace', args: { orgId, id: '@w1', parentId: '@w0' } },
    rename: { mutation: 'renameWorkspace', args: { orgId, id: '@w0', name: 'Acme Agent' } },
    remove: { mutation: 'removeWorkspace', args: { orgId, id: '@w1' } },
    'remove with all below': { mutation: 'removeWorkspace', args: { orgId, id: '@w0', includeDescendants: true } },
    restore: { mutation: 'restoreWorkspace', args: { orgId, id: '@w3' } },
    allow: { mutation: 'allowPlugin', args: { orgId, plugin: 'search', rootId } },
    disallow: { mutation: 'disallowPlugin', args: { orgId, plugin: 'browser', rootId } },
    'set the policy': { mutation: 'setPluginPolicy', args: { orgId, policy: 'ALLOW_LISTED', rootId } },
    'create a token': { mutation: 'createApiToken', args: { orgId, name: 'made', rootId } },
    'revoke a token': { mutation: 'revokeApiToken', args: { orgId, id: '@token0' } },
    'record a heartbeat': { mutation: 'recordHeartbeat', args: { orgId, workspaceId: '@w0', health: 'DEGRADED' } },
    'record heartbeats': {
      mutation: 'recordHeartbeats',
      args: { orgId, heartbeats: ['@w1', '@w0'].map((workspaceId) => ({ workspaceId, health: 'HEALTHY' })) },
    },
    'report provisioning': { mutation: 'reportProvisioning', args: { orgId, workspaceId: '@w0', state: 'FAILED' } },
  };
  const byOperator = Object.entries(calls).map(([name, call]) => [name, { call }]);
  return { ...Object.fromEntries(byOperator), 'rename with a token': renameWithToken };
}

/**
 * The bearer shows the token at a moment before the rest. That makes no difference, since what is renamed is not touched by
 * those that revoke the token or remove its root.
 */
const renameWithToken: Operation = {
  call: { mutation: 'renameWorkspace', args: { orgId: '@org', id: '@w1', name: 'Delta' } },
  token: '@token0',
};

const id = '@other0';
/** Those that create another organization, and so meet none but each other. */
export const creations: Readonly<Record<string, Operation>> = {
  'create an organization': { call: { mutation: 'createOrganization', args: { id, name: 'Other' } } },
  'create it under another name': { call: { mutation: 'createOrganization', args: { id, name: 'Acme' } } },
};

/** A report reads the status after it has written, at a moment of its own. */
export function lateAnswer({ mutation }: Call, answer: Answer, stored: State): Answer {
  if (mutation !== 'reportProvisioning' || 'refused' in answer) return answer;
  const { id } = answer.done as { id: string };
  return { done: { id, status: stored.workspaces[id]?.status } };
}
