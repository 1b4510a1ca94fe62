import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { requireCaller } from '../graphql/context.ts';
import { lineRules, runtime, uuid, workspaceName } from '../graphql/inputs.ts';
import { actorOf } from '../tokens/authenticate.ts';
import { createWorkspace, defaultRuntime } from './create-workspace.ts';
import { moveWorkspace } from './move-workspace.ts';
import { removeWorkspace } from './remove-workspace.ts';
import { renameWorkspace } from './rename-workspace.ts';
import { restoreWorkspace } from './restore-workspace.ts';
import { Workspace } from './tree-node.schema.ts';

const nameDescription = `At most 200 characters, ${lineRules}`;

builder.mutationFields((t) => ({
  createWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Creates a workspace: without a parent under the platform agent, or as a root while there is none. ' +
      'The same call with the same id again returns the same workspace.',
    args: {
      ...inOrganization,
      name: t.arg.string({ required: true, validate: workspaceName, description: nameDescription }),
      parentId: t.arg.id({
        validate: uuid,
        description: 'The live workspace to put it under. Left out: the platform agent, or none before the install.',
      }),
      id: t.arg.id({
        validate: uuid,
        description: 'A UUID of your own, so that the call can be repeated. Left out: a new one.',
      }),
      runtime: t.arg.string({
        validate: runtime,
        description: `What is to run in it. Left out: ${defaultRuntime}. At most 100 characters, ${lineRules}`,
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, name, parentId, id, runtime }, context) =>
      context.write(orgId, async (tx) => {
        const actor = actorOf(requireCaller(context));
        const createdId = await createWorkspace(tx, {
          orgId,
          name,
          parentId: parentId ?? undefined,
          id: id ?? undefined,
          runtime: runtime ?? undefined,
          actor,
        });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id: createdId } } });
      }),
  }),

  moveWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Puts a workspace, with all below it, under another parent of its organization. ' +
      'A root that becomes a branch hands its tokens and its allowlist to the root above it.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the workspace.' }),
      parentId: t.arg.id({
        required: true,
        validate: uuid,
        description: 'The live workspace to put it under: not itself, and none below it.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, parentId }, context) =>
      context.write(orgId, async (tx) => {
        await moveWorkspace(tx, { orgId, id, parentId, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),

  renameWorkspace: t.prismaField({
    type: Workspace,
    description: 'Gives a workspace, the platform agent included, a name that no live sibling bears.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the workspace.' }),
      name: t.arg.string({ required: true, validate: workspaceName, description: nameDescription }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, name }, context) =>
      context.write(orgId, async (tx) => {
        await renameWorkspace(tx, { orgId, id, name, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),

  removeWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Makes a workspace a tombstone, and revokes the tokens anchored to it. restoreWorkspace brings it back.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the workspace.' }),
      includeDescendants: t.arg.boolean({
        defaultValue: false,
        description: 'Remove all below it as well. Without it, a workspace with live children is not removed.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, includeDescendants }, context) =>
      context.write(orgId, async (tx) => {
        const actor = actorOf(requireCaller(context));
        await removeWorkspace(tx, { orgId, id, includeDescendants: includeDescendants ?? false, actor });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),

  restoreWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Brings a removed workspace back, and it alone. A former root comes back under the platform agent where there is one.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the workspace.' }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id }, context) =>
      context.write(orgId, async (tx) => {
        await restoreWorkspace(tx, { orgId, id, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),
}));
