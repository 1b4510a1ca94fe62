import type { ApiClient } from '../support/api-client.ts';
import { documentOf } from '../support/mutations.ts';
import type { Answer, Call, Mutation } from './calls.ts';

// biome-ignore lint/suspicious/noExplicitAny: each mutation answers with what it was asked for
type Result = any;

/** The fields that are asked for, and what of them is compared. */
interface Shown {
  readonly selection: string;
  readonly of: (result: Result) => unknown;
}

/** Left out is what changes while the call is under way, and so belongs to another moment than the rest: the status. */
const workspace: Shown = {
  selection: '{ id name parentId status }',
  of: ({ status, ...shown }) => ({ ...shown, removed: status === 'REMOVED' }),
};
const asItIs = (selection: string): Shown => ({ selection, of: (result) => result });

const shown: Record<Mutation, Shown> = {
  createOrganization: asItIs('{ id name }'),
  installPlatformAgent: { ...workspace, selection: '{ id name kind pluginPolicy status }' },
  createWorkspace: workspace,
  moveWorkspace: workspace,
  renameWorkspace: workspace,
  removeWorkspace: workspace,
  restoreWorkspace: workspace,
  allowPlugin: {
    selection: '{ plugin enabledBy root { id } }',
    of: ({ plugin, enabledBy, root }) => ({ plugin, enabledBy, rootId: root.id }),
  },
  disallowPlugin: asItIs(''),
  setPluginPolicy: asItIs('{ id pluginPolicy }'),
  createApiToken: { selection: '{ token apiToken { id name } }', of: ({ apiToken }) => apiToken },
  revokeApiToken: {
    selection: '{ id revokedAt }',
    of: ({ id, revokedAt }) => ({ id, revoked: revokedAt !== null }),
  },
  recordHeartbeat: asItIs('{ id status }'),
  recordHeartbeats: asItIs(''),
  reportProvisioning: asItIs('{ id status }'),
};

/**
 * Makes the call as a client does, and returns what the client sees.
 *
 * @param token the caller's; left out: the operator's
 * @param keep is given the text of a token that the call creates, which is shown this once
 */
export async function ask(
  api: ApiClient,
  { mutation, args }: Call,
  token?: string,
  keep?: (text: string) => void,
): Promise<Answer> {
  const { selection, of } = shown[mutation];
  const { data, errors } = await api.execute(documentOf(mutation, selection), { ...args }, token);
  const [error] = errors ?? [];
  if (error === undefined) {
    if (mutation === 'createApiToken') keep?.(data[mutation].token);
    return { done: of(data[mutation]) };
  }
  const { code, http, ...ids } = error.extensions;
  return { refused: code, ids };
}
