import { notToRepeat } from '../database/transaction.ts';
import { inOrganization, onRoot } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { ofOrganization, requireCaller } from '../graphql/context.ts';
import { apiTokenName, lineRules, moment, uuid } from '../graphql/inputs.ts';
import { alongUnlessLists, loadWorkspace } from '../graphql/references.ts';
import type { WorkspaceKey } from '../workspaces/lineage.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';
import { createApiToken, revokeApiToken } from './api-tokens.ts';
import { actorOf } from './authenticate.ts';

export const ApiToken = builder.prismaObject('ApiToken', {
  description: 'A bearer token that acts inside one organization while the root it is anchored to lives.',
  select: { orgId: true, id: true },
  authScopes: ofOrganization,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID. It is no secret.' }),
    name: t.exposeString('name', { description: 'What its creator called it. Not unique.' }),
    prefix: t.exposeString('prefix', { description: 'How the token begins, to recognise it by.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who created it: `operator`, or `token:` and its id.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute. Null: never.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From when on it is refused. Null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is refused for good. Null while it is not revoked.',
    }),
    root: t.field({
      type: Workspace,
      description: 'The root it is anchored to. Removed, it takes the token with it.',
      select: (_, __, nested) => ({ rootId: true, ...alongUnlessLists('root', nested(true)) }),
      resolve: (token, _, context, info) => {
        const { orgId, rootId, root } = token as typeof token & { root: WorkspaceKey };
        return loadWorkspace(context, info, { orgId, id: rootId }) ?? root;
      },
    }),
  }),
});

const CreatedApiToken = builder.objectRef<{ token: string; orgId: string; id: string }>('CreatedApiToken').implement({
  description: 'A new API token, with its text.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'The token itself. It is shown now and never again: only its hash is stored.',
    }),
    apiToken: t.field({
      type: ApiToken,
      description: 'What can be read of it from now on.',
      resolve: ({ orgId, id }) => ({ orgId, id }),
    }),
  }),
});

const unseenToken =
  'Look among the tokens of the organization: if a new one is there, nobody knows its text. Revoke it, and create another.';

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreatedApiToken,
    description: 'Creates a token that may do everything inside the organization.',
    args: {
      ...inOrganization,
      name: t.arg.string({
        required: true,
        validate: apiTokenName,
        description: `To recognise it by. At most 200 characters, ${lineRules}`,
      }),
      ...onRoot,
      expiresAt: t.arg({
        validate: moment,
        type: 'DateTime',
        description: 'From when on it is refused, in the future. Left out: never.',
      }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (_, { orgId, name, rootId, expiresAt }, context) =>
      notToRepeat(unseenToken, () =>
        context.write(orgId, async (tx) => {
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
      ),
  }),

  revokeApiToken: t.prismaField({
    type: ApiToken,
    description: 'Revokes a token for good. Revoking it again changes nothing.',
    args: {
      ...inOrganization,
      id: t.arg.id({ required: true, validate: uuid, description: 'The id of the token, not its text.' }),
    },
    authScopes: (_, { orgId }) => ({ organization: orgId }),
    resolve: (query, _, { orgId, id }, context) =>
      context.write(orgId, async (tx) => {
        await revokeApiToken(tx, { orgId, id, actor: actorOf(requireCaller(context)) });
        return tx.apiToken.findUniqueOrThrow({ ...query, where: { orgId_id: { orgId, id } } });
      }),
  }),
}));
