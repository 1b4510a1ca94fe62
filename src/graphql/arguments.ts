import { builder } from './builder.ts';
import { uuid } from './inputs.ts';

/** The argument that nearly every field of Query and Mutation begins with. */
export const inOrganization = builder.args((t) => ({
  orgId: t.id({ required: true, validate: uuid, description: 'The id of the organization.' }),
}));

/** Which root tokens and allowlist entries are to hang on, where the caller may leave it to us. */
export const onRoot = builder.args((t) => ({
  rootId: t.id({
    validate: uuid,
    description: 'The root that is meant. Left out: the only live root, which is the platform agent once installed.',
  }),
}));
