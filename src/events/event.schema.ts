import { builder } from '../graphql/builder.ts';
import { ofOrganization } from '../graphql/context.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';

builder.prismaObject('OrganizationEvent', {
  description: 'Something that happened to an organization, written together with it.',
  select: { orgId: true, seq: true },
  authScopes: ofOrganization,
  fields: (t) => ({
    seq: t.id({
      description: 'Its number within the organization: without a gap, and in the order of commits.',
      resolve: ({ seq }) => seq.toString(),
    }),
    type: t.exposeString('type', { description: 'Such as platform_agent.installed or workspace.moved.' }),
    actor: t.exposeString('actor', { description: 'Who did it: `operator`, or `token:` and its id.' }),
    subjectId: t.exposeID('subjectId', { nullable: true, description: 'The workspace or token that it happened to.' }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description:
        'The workspace that it happened to, as it is now. Null when it was a token, or the organization itself.',
      select: { type: true, subjectId: true },
      resolve: async (event, _, { loaders }, info) => {
        const { eventWorkspaces, shareKey } = loaders(info);
        const key = await eventWorkspaces.load(event);
        return key && shareKey(key);
      },
    }),
    data: t.field({
      type: 'JSONObject',
      description: 'What changed, in ids, names and numbers. Which there are depends on the type.',
      select: { data: true },
      resolve: ({ data }) => data as Record<string, unknown>,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
  }),
});
