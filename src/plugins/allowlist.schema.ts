import { inOrganization, onRoot } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { ofOrganization, requireCaller } from '../graphql/context.ts';
import { pluginName, uuid } from '../graphql/inputs.ts';
import { alongUnlessLists, loadWorkspace } from '../graphql/references.ts';
import { actorOf } from '../tokens/authenticate.ts';
import { PluginPolicyEnum } from '../workspaces/enums.schema.ts';
import type { WorkspaceKey } from '../workspaces/lineage.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import { allowPlugin, disallowPlugin, isPluginAllowed, setPluginPolicy } from './allowlist.ts';

const pluginDescription =
  'The plugin, as its registry names it: at most 200 characters, all of which show, and no spaces. It is stored composed (Unicode NFC).';

const PluginAllowlistEntry = builder.prismaObject('PluginAllowlistEntry', {
  description: 'A plugin that the workspaces below a root may use.',
  select: { orgId: true, rootId: true, pluginName: true },
  authScopes: ofOrganization,
  fields: (t) => ({
    plugin: t.exposeString('pluginName', { description: 'As its registry names it.' }),
    enabledBy: t.exposeString('enabledBy', {
      description: 'Who put it on the list: `operator`, or `token:` and its id. An install keeps it.',
    }),
    enabledAt: t.expose('enabledAt', {
      type: 'DateTime',
      description: 'When it was put on the list. An install keeps it.',
    }),
    root: t.field({
      type: Workspace,
      description: 'The root on whose list it is.',
      select: (_, __, nested) => alongUnlessLists('root', nested(true)),
      resolve: (entry, _, context, info) => {
        const { orgId, rootId, root } = entry as typeof entry & { root: WorkspaceKey };
        return loadWorkspace(context, info, { orgId, id: rootId }) ?? root;
      },
    }),
  }),
});

builder.queryFields((t) => ({
  pluginAllowed: t.boolean({
    description:
      'Whether a workspace may use a plugin, as the root above it says. A broken way up to that root means no.',
    args: {
      ...inOrganization,
      workspaceId: t.arg.id({ required: true, validate: uuid, description: 'The workspace that wants to use it.' }),
      plugin: t.arg.string({ required: true, validate: pluginName, description: pluginDescription }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, workspaceId, plugin }, { prisma }) => isPluginAllowed(prisma, orgId, workspaceId, plugin),
  }),
}));

builder.mutationFields((t) => ({
  allowPlugin: t.prismaField({
    type: PluginAllowlistEntry,
    description:
      'Puts a plugin on the allowlist of a root. An entry that is there stays, with who put it there and when.',
    args: {
      ...inOrganization,
      plugin: t.arg.string({ required: true, validate: pluginName, description: pluginDescription }),
      ...onRoot,
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, plugin, rootId }, context) =>
      context.write(orgId, async (tx) => {
        const actor = actorOf(requireCaller(context));
        const allowedOn = await allowPlugin(tx, { orgId, plugin, rootId: rootId ?? undefined, actor });
        return tx.pluginAllowlistEntry.findUniqueOrThrow({
          ...query,
          where: { orgId_rootId_pluginName: { orgId, rootId: allowedOn, pluginName: plugin } },
        });
      }),
  }),

  disallowPlugin: t.boolean({
    description: 'Takes a plugin off the allowlist of a root. False when it was not on it. The policy stays as it is.',
    args: {
      ...inOrganization,
      plugin: t.arg.string({ required: true, validate: pluginName, description: pluginDescription }),
      ...onRoot,
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, plugin, rootId }, context) =>
      context.write(orgId, (tx) =>
        disallowPlugin(tx, { orgId, plugin, rootId: rootId ?? undefined, actor: actorOf(requireCaller(context)) }),
      ),
  }),

  setPluginPolicy: t.prismaField({
    type: Workspace,
    description: 'Says whether a root admits every plugin, or only those on its allowlist. Returns that root.',
    args: {
      ...inOrganization,
      policy: t.arg({ type: PluginPolicyEnum, required: true, description: 'Which plugins it is to admit.' }),
      ...onRoot,
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, policy, rootId }, context) =>
      context.write(orgId, async (tx) => {
        const actor = actorOf(requireCaller(context));
        const id = await setPluginPolicy(tx, { orgId, policy, rootId: rootId ?? undefined, actor });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),
}));
