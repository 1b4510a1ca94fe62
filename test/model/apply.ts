import type { Call, Mutation } from './calls.ts';
import * as heartbeats from './heartbeats.ts';
import { createOrganization } from './organizations.ts';
import { installPlatformAgent } from './platform-agent.ts';
import { allowPlugin, disallowPlugin, setPluginPolicy } from './plugins.ts';
import { type Outcome, Refusal, type Rule, type Step } from './rule.ts';
import type { State } from './state.ts';
import { createApiToken, isValid, revokeApiToken } from './tokens.ts';
import * as workspaces from './workspaces.ts';

/** What the design says of every mutation. */
export const rules: { readonly [M in Mutation]: Rule<M> } = {
  createOrganization,
  installPlatformAgent,
  createWorkspace: workspaces.createWorkspace,
  moveWorkspace: workspaces.moveWorkspace,
  renameWorkspace: workspaces.renameWorkspace,
  removeWorkspace: workspaces.removeWorkspace,
  restoreWorkspace: workspaces.restoreWorkspace,
  allowPlugin,
  disallowPlugin,
  setPluginPolicy,
  createApiToken,
  revokeApiToken,
  recordHeartbeat: heartbeats.recordHeartbeat,
  recordHeartbeats: heartbeats.recordHeartbeats,
  reportProvisioning: heartbeats.reportProvisioning,
};

/** Who makes calls: the operator, or the bearer of a token of the organization. */
export type Caller = { readonly kind: 'operator' } | { readonly kind: 'token'; readonly tokenId: string };

/** The first step of a call. The bearer of a token shows it before anything else, at a moment of its own. */
export function begin(call: Call, caller: Caller, freshId: string): Step {
  if (caller.kind === 'operator') return work(call, 'operator', freshId);
  const { tokenId } = caller;
  return {
    key: 'authenticate',
    take: (state) =>
      isValid(state, tokenId)
        ? { state, next: work(call, `token:${tokenId}`, freshId) }
        : { state, answer: { refused: 'UNAUTHENTICATED', ids: {} } },
  };
}

function work({ mutation, args }: Call, actor: string, freshId: string): Step {
  const rule = rules[mutation] as Rule<Mutation>;
  return refusing({ key: 'work', take: (state) => rule(state, args, { actor, freshId }) });
}

/** The step, and those after it, with refusals as answers. */
function refusing({ key, take }: Step): Step {
  return {
    key,
    take(state: State): Outcome {
      try {
        const outcome = take(state);
        return 'next' in outcome ? { state: outcome.state, next: refusing(outcome.next) } : outcome;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { state, answer: { refused: error.code, ids: error.ids } };
      }
    },
  };
}
