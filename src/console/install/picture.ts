import type { InstallPlatformAgentMutation, InstallPreviewQuery, PluginPolicy } from '../../generated/console.ts';

export type Preview = InstallPreviewQuery['platformAgentPreview'];
export type Installed = InstallPlatformAgentMutation['installPlatformAgent'];
type Roots = NonNullable<InstallPreviewQuery['organization']>['roots'];

/** A root with what hangs on it, as the picture shows it. */
export interface RootCard {
  readonly id: string;
  readonly name: string;
  readonly isAgent: boolean;
  readonly policy: PluginPolicy;
  readonly tokens: number;
  readonly plugins: readonly { readonly name: string; readonly merged: number }[];
  /** What happens to it, where that has to be said. */
  readonly note: string | undefined;
}

/** The tree before an install, or after it. */
export interface Picture {
  readonly roots: readonly RootCard[];
  /** The names of those that stand below the only root because of the install. */
  readonly adopted: readonly string[];
  /** How many there are; `adopted` may hold fewer. */
  readonly adoptedCount: number;
}

/** The organization as it is. */
export function pictureBefore(preview: Preview, roots: Roots): Picture {
  const restricted = new Set(preview.restrictedRoots.map(({ id }) => id));
  const plugins = pluginsByRoot(preview);
  return {
    roots: roots.map(({ id, name, kind, pluginPolicy, apiTokens }) => ({
      id,
      name,
      isAgent: kind === 'PLATFORM',
      policy: pluginPolicy,
      tokens: apiTokens.length,
      plugins: (plugins.get(id) ?? []).map((plugin) => ({ name: plugin, merged: 1 })),
      note:
        id === preview.demotedAgent?.id
          ? 'Becomes an ordinary workspace'
          : id === preview.agentId && kind !== 'PLATFORM'
            ? 'Becomes the platform agent'
            : restricted.has(id)
              ? 'Will be restricted'
              : undefined,
    })),
    adopted: [],
    adoptedCount: 0,
  };
}

/** The organization as the install would leave it. */
export function pictureAfter(preview: Preview, roots: Roots): Picture {
  const own = roots.find(({ id }) => id === preview.agentId)?.apiTokens.length ?? 0;
  return {
    roots: [
      {
        id: preview.agentId,
        name: preview.agentName,
        isAgent: true,
        policy: preview.pluginPolicy,
        tokens: own + preview.movedTokens,
        plugins: preview.allowlist.map(({ plugin, duplicates }) => ({ name: plugin, merged: 1 + duplicates.length })),
        note: undefined,
      },
    ],
    adopted: preview.adoptedWorkspaces.map(({ name }) => name),
    adoptedCount: preview.adoptedWorkspaceCount,
  };
}

/** The organization as the install did leave it. `previewed` tells of which plugins several entries were merged. */
export function pictureOfOutcome(agent: Installed, previewed: Picture): Picture {
  const effects = agent.installation;
  const merged = new Map(
    previewed.roots.flatMap(({ plugins }) => plugins.map((plugin) => [plugin.name, plugin.merged])),
  );
  return {
    roots: [
      {
        id: agent.id,
        name: agent.name,
        isAgent: true,
        policy: agent.pluginPolicy,
        tokens: agent.apiTokens.length,
        plugins: agent.pluginAllowlist.map(({ plugin }) => ({ name: plugin, merged: merged.get(plugin) ?? 1 })),
        note: undefined,
      },
    ],
    adopted: effects?.adoptedWorkspaces.map(({ name }) => name) ?? [],
    adoptedCount: effects?.adoptedWorkspaceCount ?? 0,
  };
}

function pluginsByRoot({ allowlist }: Preview): Map<string, string[]> {
  const plugins = new Map<string, string[]>();
  for (const { plugin, root, duplicates } of allowlist) {
    for (const { id } of [root, ...duplicates.map((duplicate) => duplicate.root)]) {
      plugins.set(id, [...(plugins.get(id) ?? []), plugin]);
    }
  }
  return plugins;
}
