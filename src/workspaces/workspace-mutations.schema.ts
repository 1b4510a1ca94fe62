import { inTransaction } from '../database/transaction.ts';
import { builder } from '../graphql/builder.ts';
import { requireCaller } from '../graphql/context.ts';
import { runtime, uuid, workspaceName } from '../graphql/inputs.ts';
import { actorOf } from '../tokens/authenticate.ts';
import { createWorkspace } from './create-workspace.ts';
import { moveWorkspace } from './move-workspace.ts';
import { removeWorkspace } from './remove-workspace.ts';
import { renameWorkspace } from './rename-workspace.ts';
import { restoreWorkspace } from './restore-workspace.ts';
import { Workspace } from './tree-node.schema.ts';

builder.mutationFields((t) => ({
  createWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Creates a workspace: without a parent under the platform agent, or as a root while there is none. ' +
      'The same call with the same id again returns the same workspace.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      name: t.arg.string({ required: true, validate: workspaceName }),
      parentId: t.arg.id({ validate: uuid }),
      id: t.arg.id({ validate: uuid }),
      runtime: t.arg.string({ validate: runtime }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, name, parentId, id, runtime }, context) =>
      inTransaction(context.prisma, async (tx) => {
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
      orgId: t.arg.id({ required: true, validate: uuid }),
      id: t.arg.id({ required: true, validate: uuid }),
      parentId: t.arg.id({ required: true, validate: uuid }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, parentId }, context) =>
      inTransaction(context.prisma, async (tx) => {
        await moveWorkspace(tx, { orgId, id, parentId, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),

  renameWorkspace: t.prismaField({
    type: Workspace,
    description: 'Gives a workspace, the platform agent included, a name that no live sibling bears.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      id: t.arg.id({ required: true, validate: uuid }),
      name: t.arg.string({ required: true, validate: workspaceName }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, name }, context) =>
      inTransaction(context.prisma, async (tx) => {
        await renameWorkspace(tx, { orgId, id, name, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),

  removeWorkspace: t.prismaField({
    type: Workspace,
    description:
      'Makes a workspace a tombstone, and revokes the tokens anchored to it. restoreWorkspace brings it back.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      id: t.arg.id({ required: true, validate: uuid }),
      includeDescendants: t.arg.boolean({
        defaultValue: false,
        description: 'Remove all below it as well. Without it, a workspace with live children is not removed.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id, includeDescendants }, context) =>
      inTransaction(context.prisma, async (tx) => {
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
      orgId: t.arg.id({ required: true, validate: uuid }),
      id: t.arg.id({ required: true, validate: uuid }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id }, context) =>
      inTransaction(context.prisma, async (tx) => {
        await restoreWorkspace(tx, { orgId, id, actor: actorOf(requireCaller(context)) });
        return tx.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),
}));
