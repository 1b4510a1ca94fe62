import { builder } from '../graphql/builder.ts';
import { requireCaller } from '../graphql/context.ts';
import { Organization } from '../organizations/organization.schema.ts';
import { ApiToken } from './api-token.schema.ts';
import type { Caller } from './authenticate.ts';

const ViewerKind = builder.enumType('ViewerKind', {
  description: 'What a token lets its bearer do.',
  values: {
    OPERATOR: { value: 'operator', description: 'May do everything.' },
    ORGANIZATION: {
      value: 'organization',
      description: 'May do everything inside one organization, and sees no other.',
    },
  } as const,
});

const Viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'Who the token of the request says you are.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ViewerKind, description: 'What the token lets you do.' }),
    organization: t.field({
      type: Organization,
      nullable: true,
      description: 'The organization that the token acts in. Null for the operator.',
      resolve: (caller) => (caller.kind === 'organization' ? { id: caller.orgId } : null),
    }),
    apiToken: t.field({
      type: ApiToken,
      nullable: true,
      description: 'The token itself, without its text. Null for the operator.',
      resolve: (caller) => (caller.kind === 'organization' ? { orgId: caller.orgId, id: caller.tokenId } : null),
    }),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({
    type: Viewer,
    description: 'Who the token of the request says you are.',
    resolve: (_, __, context) => requireCaller(context),
  }),
}));
