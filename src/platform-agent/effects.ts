import { z } from 'zod';

/** What an install does: as its event tells, which `install.sql.ts` writes, and as a preview says beforehand. */
export const installEffects = z.object({
  /** The roots that become children of the agent, by id. */
  adoptedWorkspaces: z.array(z.string()),
  demotedAgent: z.string().nullable(),
  movedTokens: z.number(),
  /** Plugins that the agent does not list before, by name. */
  mergedPlugins: z.array(z.string()),
  /** Plugins of which there is more than one entry, by name. */
  duplicatePlugins: z.array(z.string()),
  previouslyOpenRoots: z.array(z.string()),
});

export type InstallEffects = z.infer<typeof installEffects>;
