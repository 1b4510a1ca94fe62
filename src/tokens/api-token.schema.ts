import { inTransaction } from '../database/transaction.ts';
import { builder } from '../graphql/builder.ts';
import { requireCaller } from '../graphql/context.ts';
import { apiTokenName, uuid } from '../graphql/inputs.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import { createApiToken, revokeApiToken } from './api-tokens.ts';
import { actorOf } from './authenticate.ts';

export const ApiToken = builder.prismaObject('ApiToken', {
  description: 'A bearer token that acts inside one organization while the root it is anchored to lives.',
  select: { orgId: true, id: true },
  authScopes: ({ orgId }) => ({ organization: orgId }),
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    prefix: t.exposeString('prefix', { description: 'How the token begins, to recognise it by.' }),
    createdBy: t.exposeString('createdBy'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'To the minute. Null: never.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'Null: never.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    root: t.relation('root', { type: Workspace }),
  }),
});

const CreatedApiToken = builder.objectRef<{ token: string; orgId: string; id: string }>('CreatedApiToken').implement({
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'The token itself. It is shown now and never again: only its hash is stored.',
    }),
    apiToken: t.field({ type: ApiToken, resolve: ({ orgId, id }) => ({ orgId, id }) }),
  }),
});

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreatedApiToken,
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      name: t.arg.string({ required: true, validate: apiTokenName }),
      rootId: t.arg.id({
        validate: uuid,
        description:
          'The root to anchor it to. Left out: the only live root, which is the platform agent once installed.',
      }),
      expiresAt: t.arg({ type: 'DateTime', description: 'Left out: never.' }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, name, rootId, expiresAt }, context) =>
      inTransaction(context.prisma, async (tx) => {
        const actor = actorOf(requireCaller(context));
        const created = await createApiToken(tx, {
          orgId,
          name,
          rootId: rootId ?? undefined,
          expiresAt: expiresAt ?? undefined,
          actor,
        });
        return { orgId, ...created };
      }),
  }),

  revokeApiToken: t.prismaField({
    type: ApiToken,
    description: 'Revokes a token for good. Revoking it again changes nothing.',
    args: {
      orgId: t.arg.id({ required: true, validate: uuid }),
      id: t.arg.id({ required: true, validate: uuid }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id }, context) =>
      inTransaction(context.prisma, async (tx) => {
        await revokeApiToken(tx, { orgId, id, actor: actorOf(requireCaller(context)) });
        return tx.apiToken.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),
}));
