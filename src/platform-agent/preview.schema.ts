import { inSnapshot } from '../database/transaction.ts';
import { builder } from '../graphql/builder.ts';
import { pageCost } from '../graphql/limits/cost.ts';
import { PluginPolicyEnum } from '../workspaces/enums.schema.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import { ofInstall } from './arguments.ts';
import { InstallEffectsInterface, upToFirst, workspaceKeys } from './install-effects.schema.ts';
import type { InstallConflict } from './plan.ts';
import type { AnchoredEntry } from './preview.sql.ts';
import { type InstallOutcome, type Preview, type PreviewedEntry, previewInstall } from './preview.ts';

const InstallOutcomeEnum = builder.enumType('InstallOutcome', {
  description: 'How an install would end.',
  values: {
    INSTALLS: { value: 'installs', description: 'It makes the platform agent the single root.' },
    ALREADY_INSTALLED: { value: 'already_installed', description: 'It changes nothing, for that has been done.' },
    REMOVED: {
      value: 'removed',
      description: 'It changes nothing, for the agent is removed: only restoreWorkspace brings it back.',
    },
    CONFLICT: { value: 'conflict', description: 'It is refused: conflict tells why.' },
  } satisfies Record<string, { value: InstallOutcome; description: string }>,
});

/** A part of a preview, with the organization whose workspaces it names. */
type InOrganization<Part> = Part & { readonly orgId: string };

const InstallConflictObject = builder.objectRef<InOrganization<InstallConflict>>('InstallConflict').implement({
  description: 'What an install would be refused for.',
  fields: (t) => ({
    code: t.string({
      description: 'The code of the error that the install would fail with.',
      resolve: ({ error }) => error.code,
    }),
    message: t.string({
      description: 'The message of that error: it says what to do.',
      resolve: ({ error }) => error.message,
    }),
    name: t.exposeString('name', { description: 'The name that is taken.' }),
    workspace: t.field({
      type: Workspace,
      description: 'The workspace that bears it.',
      resolve: ({ orgId, workspaceId }) => ({ orgId, id: workspaceId }),
    }),
    adoptedWorkspace: t.field({
      type: Workspace,
      nullable: true,
      description:
        'The root of that name which would become its sibling, where the workspace is already a child of the agent to be.',
      resolve: ({ orgId, adoptedWorkspaceId }) =>
        adoptedWorkspaceId === null ? null : { orgId, id: adoptedWorkspaceId },
    }),
    anotherNameHelps: t.exposeBoolean('anotherNameHelps', {
      description: 'Whether the install would pass with another name. Otherwise a workspace has to be renamed first.',
    }),
  }),
});

const DroppedAllowlistEntry = builder.objectRef<InOrganization<AnchoredEntry>>('DroppedAllowlistEntry').implement({
  description: 'An entry that is dropped, since another one for the same plugin stays.',
  fields: (t) => ({
    enabledBy: t.exposeString('enabledBy', { description: 'Who put it on the list.' }),
    enabledAt: t.expose('enabledAt', { type: 'DateTime', description: 'When it was put on the list.' }),
    root: t.field({
      type: Workspace,
      description: 'The root on whose list it is now.',
      resolve: ({ orgId, rootId }) => ({ orgId, id: rootId }),
    }),
  }),
});

const PreviewedAllowlistEntry = builder.objectRef<InOrganization<PreviewedEntry>>('PreviewedAllowlistEntry').implement({
  description: "An entry of the agent's allowlist as it would be after the install.",
  fields: (t) => ({
    plugin: t.exposeString('plugin', { description: 'As its registry names it.' }),
    enabledBy: t.exposeString('enabledBy', { description: 'Who put it on the list. The install keeps it.' }),
    enabledAt: t.expose('enabledAt', {
      type: 'DateTime',
      description: 'When it was put on the list. The install keeps it.',
    }),
    root: t.field({
      type: Workspace,
      description: 'The root on whose list it is now.',
      resolve: ({ orgId, rootId }) => ({ orgId, id: rootId }),
    }),
    duplicates: t.field({
      type: [DroppedAllowlistEntry],
      description: 'The entries for the same plugin that are dropped, the earliest first.',
      resolve: ({ orgId, duplicates }) => duplicates.map((entry) => ({ ...entry, orgId })),
    }),
  }),
});

const PlatformAgentPreview = builder.objectRef<Preview>('PlatformAgentPreview').implement({
  description:
    'What an install would do now. With a CONFLICT it tells what there is to do once that is out of the way; where there ' +
    'is nothing to do, it shows the agent as it is, and nothing that would change.',
  interfaces: [InstallEffectsInterface],
  fields: (t) => ({
    agentId: t.exposeID('agentId', { description: 'The id that the agent has, or will have.' }),
    agentName: t.exposeString('agentName', { description: 'The name that the agent has, or would get.' }),
    outcome: t.expose('outcome', { type: InstallOutcomeEnum, description: 'How the install would end.' }),
    conflict: t.field({
      type: InstallConflictObject,
      nullable: true,
      description: 'What the install would be refused for. Null unless the outcome is CONFLICT.',
      resolve: ({ orgId, conflict }) => (conflict === undefined ? null : { ...conflict, orgId }),
    }),
    pluginPolicy: t.expose('pluginPolicy', {
      type: PluginPolicyEnum,
      description: 'Which plugins the agent admits afterwards.',
    }),
    restrictedRoots: t.field({
      type: [Workspace],
      description:
        'Roots that admit every plugin now and will not afterwards. Empty unless the policy is ALLOW_LISTED.',
      args: upToFirst,
      complexity: pageCost('maxWorkspacePageSize'),
      resolve: ({ orgId, pluginPolicy, previouslyOpenRoots }, { first }) =>
        workspaceKeys(orgId, pluginPolicy === 'allow_listed' ? previouslyOpenRoots.slice(0, first) : []),
    }),
    allowlist: t.field({
      type: [PreviewedAllowlistEntry],
      description: 'The allowlist of the agent afterwards, by plugin name.',
      args: upToFirst,
      complexity: pageCost('maxWorkspacePageSize'),
      resolve: ({ orgId, allowlist }, { first }) => allowlist.slice(0, first).map((entry) => ({ ...entry, orgId })),
    }),
  }),
});

builder.queryFields((t) => ({
  platformAgentPreview: t.field({
    type: PlatformAgentPreview,
    description: 'What installPlatformAgent would do now. Nothing is written, and nothing is waited for.',
    args: ofInstall,
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, name }, { prisma }) =>
      inSnapshot(prisma, (tx) => previewInstall(tx, { orgId, name: name ?? undefined })),
  }),
}));
