import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { checkSize } from '../graphql/limits.ts';
import { Workspace } from '../workspaces/tree-node.schema.ts';

/** Workspaces that one list of an installation names at most. */
const maxListed = 1_000;

const firstDescription = `How many of them to list, at most ${maxListed}.`;

/** What the event of an install tells, as `install.sql.ts` writes it. */
export const installationData = z.object({
  adoptedWorkspaces: z.array(z.string()),
  demotedAgent: z.string().nullable(),
  movedTokens: z.number(),
  mergedPlugins: z.array(z.string()),
  duplicatePlugins: z.array(z.string()),
  previouslyOpenRoots: z.array(z.string()),
});

export interface Installation extends z.infer<typeof installationData> {
  readonly orgId: string;
  readonly installedAt: Date;
  readonly installedBy: string;
}

export const InstallationObject = builder.objectRef<Installation>('Installation').implement({
  description: 'What the install of a platform agent did.',
  fields: (t) => ({
    installedAt: t.expose('installedAt', { type: 'DateTime', description: 'When it was done.' }),
    installedBy: t.exposeString('installedBy', { description: 'Who did it: `operator`, or `token:` and its id.' }),
    adoptedWorkspaces: t.field({
      type: [Workspace],
      description: 'The roots that became children of the agent, by id.',
      args: { first: t.arg.int({ required: true, defaultValue: maxListed, description: firstDescription }) },
      resolve: ({ orgId, adoptedWorkspaces }, { first }) => {
        checkSize('first', first, maxListed);
        return adoptedWorkspaces.slice(0, first).map((id) => ({ orgId, id }));
      },
    }),
    adoptedWorkspaceCount: t.int({
      description: 'How many roots became children of the agent.',
      resolve: ({ adoptedWorkspaces }) => adoptedWorkspaces.length,
    }),
    demotedAgent: t.field({
      type: Workspace,
      nullable: true,
      description: 'The platform agent of another id that became an ordinary workspace.',
      resolve: ({ orgId, demotedAgent }) => (demotedAgent === null ? null : { orgId, id: demotedAgent }),
    }),
    movedTokens: t.exposeInt('movedTokens', { description: 'How many tokens moved from old roots to the agent.' }),
    mergedPlugins: t.exposeStringList('mergedPlugins', { description: 'Plugins that the agent did not list before.' }),
    duplicatePlugins: t.exposeStringList('duplicatePlugins', {
      description: 'Plugins of which more than one entry was found: one stayed.',
    }),
    previouslyOpenRoots: t.field({
      type: [Workspace],
      description:
        'Roots that admitted every plugin. Where the policy of the agent became ALLOW_LISTED, they no longer do.',
      args: { first: t.arg.int({ required: true, defaultValue: maxListed, description: firstDescription }) },
      resolve: ({ orgId, previouslyOpenRoots }, { first }) => {
        checkSize('first', first, maxListed);
        return previouslyOpenRoots.slice(0, first).map((id) => ({ orgId, id }));
      },
    }),
  }),
});
