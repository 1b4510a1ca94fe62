import { builder } from '../graphql/builder.ts';
import { type EffectsInOrganization, InstallEffectsInterface } from './install-effects.schema.ts';

/** An install as its event tells it. */
export interface Installation extends EffectsInOrganization {
  readonly installedAt: Date;
  readonly installedBy: string;
}

export const InstallationObject = builder.objectRef<Installation>('Installation').implement({
  description: 'What the install of a platform agent did.',
  interfaces: [InstallEffectsInterface],
  fields: (t) => ({
    installedAt: t.expose('installedAt', { type: 'DateTime', description: 'When it was done.' }),
    installedBy: t.exposeString('installedBy', { description: 'Who did it: `operator`, or `token:` and its id.' }),
  }),
});
