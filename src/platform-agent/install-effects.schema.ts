import { builder } from '../graphql/builder.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { orMore, promisedSizes } from '../graphql/limits/promised-sizes.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import type { InstallEffects } from './effects.ts';

/** The argument of every list of an install that may be long. */
export const upToFirst = builder.args((t) => ({
  first: t.int({
    required: true,
    defaultValue: promisedSizes.workspacePage,
    description: `How many of them to list, at most ${promisedSizes.workspacePage}, ${orMore}.`,
  }),
}));

/** Names workspaces of one organization in the way by which the schema loads them. */
export const workspaceKeys = (orgId: string, ids: readonly string[]) => ids.map((id) => ({ orgId, id }));

/** The organization is what its ids are completed with. */
export type EffectsInOrganization = InstallEffects & { readonly orgId: string };

export const InstallEffectsInterface = builder.interfaceRef<EffectsInOrganization>('InstallEffects').implement({
  description: 'What the install of a platform agent does: done, or previewed.',
  fields: (t) => ({
    adoptedWorkspaces: t.field({
      type: [Workspace],
      description: 'The roots that become children of the agent, by id.',
      args: upToFirst,
      complexity: pageCost('maxWorkspacePageSize'),
      resolve: ({ orgId, adoptedWorkspaces }, { first }) => workspaceKeys(orgId, adoptedWorkspaces.slice(0, first)),
    }),
    adoptedWorkspaceCount: t.int({
      description: 'How many roots become children of the agent.',
      resolve: ({ adoptedWorkspaces }) => adoptedWorkspaces.length,
    }),
    demotedAgent: t.field({
      type: Workspace,
      nullable: true,
      description: 'The platform agent of another id that becomes an ordinary workspace.',
      resolve: ({ orgId, demotedAgent }) => (demotedAgent === null ? null : { orgId, id: demotedAgent }),
    }),
    movedTokens: t.exposeInt('movedTokens', { description: 'How many tokens move from old roots to the agent.' }),
    mergedPlugins: t.exposeStringList('mergedPlugins', { description: 'Plugins that the agent did not list before.' }),
    duplicatePlugins: t.exposeStringList('duplicatePlugins', {
      description: 'Plugins of which there was more than one entry: one stays.',
    }),
    previouslyOpenRoots: t.field({
      type: [Workspace],
      description:
        'Roots that admitted every plugin before. Where the policy of the agent becomes ALLOW_LISTED, they no longer do.',
      args: upToFirst,
      complexity: pageCost('maxWorkspacePageSize'),
      resolve: ({ orgId, previouslyOpenRoots }, { first }) => workspaceKeys(orgId, previouslyOpenRoots.slice(0, first)),
    }),
  }),
});
