import { builder } from '../graphql/builder.ts';
import { message, uuid } from '../graphql/inputs.ts';
import { checkListSize } from '../graphql/pages.ts';
import { ProvisioningStateEnum, WorkspaceHealthEnum } from './enums.schema.ts';
import { recordHeartbeat, recordHeartbeats, reportProvisioning } from './heartbeats.ts';
import { Workspace } from './tree-node.schema.ts';

/** Heartbeats that one call may record. */
const maxHeartbeats = 1_000;

const HeartbeatInput = builder.inputType('HeartbeatInput', {
  fields: (t) => ({
    workspaceId: t.id({ required: true, validate: uuid }),
    health: t.field({ type: WorkspaceHealthEnum, required: true, defaultValue: 'healthy' }),
    message: t.string({ validate: message }),
  }),
});

// None of these opens a transaction: each is one statement, and waits for nothing.
builder.mutationFields((t) => ({
  recordHeartbeat: t.prismaField({
    type: Workspace,
    description:
      'Tells that a workspace is alive. It never waits for an install and never brings a removed workspace back.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      workspaceId: t.arg.id({ required: true, validate: uuid }),
      health: t.arg({ type: WorkspaceHealthEnum, defaultValue: 'healthy' }),
      message: t.arg.string({ validate: message }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (query, _, { orgId, workspaceId, health, message }, { prisma }) => {
      await recordHeartbeat(prisma, orgId, { workspaceId, health: health ?? 'healthy', message: message ?? null });
      return prisma.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id: workspaceId } } });
    },
  }),

  recordHeartbeats: t.int({
    description:
      'Records up to 1,000 heartbeats at once and returns how many it recorded: unknown and removed workspaces are passed over.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      heartbeats: t.arg({ type: [HeartbeatInput], required: true }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, heartbeats }, { prisma }) => {
      checkListSize('heartbeats', heartbeats, maxHeartbeats);
      const beats = heartbeats.map(({ workspaceId, health, message }) => ({
        workspaceId,
        health,
        message: message ?? null,
      }));
      return recordHeartbeats(prisma, orgId, beats);
    },
  }),

  reportProvisioning: t.prismaField({
    type: Workspace,
    description: 'Tells what a provisioner does with a workspace. A heartbeat that comes later counts for more.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      workspaceId: t.arg.id({ required: true, validate: uuid }),
      state: t.arg({ type: ProvisioningStateEnum, required: true }),
      message: t.arg.string({ validate: message }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (query, _, { orgId, workspaceId, state, message }, { prisma }) => {
      await reportProvisioning(prisma, { orgId, workspaceId, state, message: message ?? null });
      return prisma.workspace.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id: workspaceId } } });
    },
  }),
}));
