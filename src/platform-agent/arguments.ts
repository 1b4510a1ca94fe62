import { inOrganization } from '../graphql/arguments.ts';
import { builder } from '../graphql/builder.ts';
import { lineRules, workspaceName } from '../graphql/inputs.ts';

/** The arguments of an install, and of its preview. */
export const ofInstall = builder.args((t) => ({
  ...inOrganization,
  name: t.string({
    validate: workspaceName,
    description: `Left out: the name of the organization and " Agent". An agent that has a name keeps it. At most 200 characters, ${lineRules}`,
  }),
}));
