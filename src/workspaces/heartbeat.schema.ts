import { readingResult, withoutTransaction } from '../database/transaction.ts';
import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { message, uuid } from '../graphql/inputs.ts';
import { checkListSize } from '../graphql/limits/limits.ts';
import { orMore, promisedSizes } from '../graphql/limits/promised-sizes.ts';
import { ProvisioningStateEnum, WorkspaceHealthEnum } from './enums.schema.ts';
import { recordHeartbeat, recordHeartbeats, reportProvisioning } from './heartbeats.ts';
import { Workspace } from './tree-node.schema.ts';

const healthDescription = 'How it says it feels.';
const messageDescription =
  'What it has to say, shown as statusMessage. At most 2,000 characters, without space around it; the next one replaces it.';

const HeartbeatInput = builder.inputType('HeartbeatInput', {
  description: 'The sign of life of one workspace.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, validate: uuid, description: 'The workspace that is alive.' }),
    health: t.field({
      type: WorkspaceHealthEnum,
      required: true,
      defaultValue: 'healthy',
      description: healthDescription,
    }),
    message: t.string({ validate: message, description: messageDescription }),
  }),
});

// None of these opens a transaction: each writes with one statement, which waits for no change of the tree.
builder.mutationFields((t) => ({
  recordHeartbeat: t.field({
    type: Workspace,
    description:
      'Tells that a workspace is alive. It never waits for an install and never brings a removed workspace back.',
    args: {
      ...inOrganization,
      workspaceId: t.arg.id({ required: true, validate: uuid, description: 'The workspace it is about.' }),
      health: t.arg({ type: WorkspaceHealthEnum, defaultValue: 'healthy', description: healthDescription }),
      message: t.arg.string({ validate: message, description: messageDescription }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (_, { orgId, workspaceId, health, message }, { prisma, beatWorkspace, outcomes }) => {
      const heartbeat = { orgId, workspaceId, health: health ?? 'healthy', message: message ?? null };
      const workspace = await recordHeartbeat(prisma, beatWorkspace, heartbeat);
      outcomes?.onHeartbeats('single', 1);
      return workspace;
    },
  }),

  recordHeartbeats: t.int({
    description:
      'Records a batch of heartbeats and returns how many it recorded: unknown and removed workspaces are passed over. ' +
      `At most ${promisedSizes.heartbeats} at once, ${orMore}, in a body of 2 MB, where it is not set otherwise.`,
    args: {
      ...inOrganization,
      heartbeats: t.arg({
        type: [HeartbeatInput],
        required: true,
        description: 'Of several for one workspace the last counts.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (_, { orgId, heartbeats }, { prisma, outcomes, limits }) => {
      checkListSize('heartbeats', heartbeats, limits.maxHeartbeats);
      const beats = heartbeats.map(({ workspaceId, health, message }) => ({
        workspaceId,
        health,
        message: message ?? null,
      }));
      const recorded = await recordHeartbeats(prisma, orgId, beats);
      outcomes?.onHeartbeats('batch', recorded);
      return recorded;
    },
  }),

  reportProvisioning: t.prismaField({
    type: Workspace,
    description: 'Tells what a provisioner does with a workspace. A heartbeat that comes later counts for more.',
    args: {
      ...inOrganization,
      workspaceId: t.arg.id({ required: true, validate: uuid, description: 'The workspace it is about.' }),
      state: t.arg({ type: ProvisioningStateEnum, required: true, description: 'What it does, or has done.' }),
      message: t.arg.string({ validate: message, description: messageDescription }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: async (query, _, { orgId, workspaceId, state, message }, { prisma }) => {
      await withoutTransaction(() =>
        reportProvisioning(prisma, { orgId, workspaceId, state, message: message ?? null }),
      );
      const where = { orgId_id: { orgId, id: workspaceId } };
      return readingResult(async () => prisma.workspace.findUniqueOrThrow({ ...query, where }));
    },
  }),
}));
