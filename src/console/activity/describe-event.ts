import type { ActivityQuery } from '../../generated/console.ts';
import { count, enumerate } from '../ui/words.ts';

export type ActivityEvent = NonNullable<ActivityQuery['organization']>['events']['edges'][number]['node'];

/** What happened, as a sentence without its subject: who did it goes before. */
export interface Description {
  readonly sentence: string;
  /** What else is worth knowing, each a sentence. */
  readonly details: readonly string[];
}

/** `nameOf` knows the workspaces of the organization by their ids. */
export function describeEvent({ type, data, workspace }: ActivityEvent, nameOf: (id: string) => string): Description {
  const text = (key: string) => (typeof data[key] === 'string' ? data[key] : '');
  const named = (id: string) => (id === '' ? 'the top' : quote(nameOf(id)));
  const it = workspace === null ? 'a workspace' : quote(workspace.name);
  const told = (sentence: string, ...details: (string | false)[]): Description => ({
    sentence,
    details: details.filter((detail) => detail !== false),
  });

  switch (type) {
    case 'organization.created':
      return told(`created the organization ${quote(text('name'))}`);
    case 'platform_agent.installed':
      return told(
        `installed the platform agent ${it}`,
        ...installDetails(data, (ids) => ids.map((id) => quote(nameOf(id)))),
      );
    case 'workspace.created':
      return told(
        `created ${quote(text('name'))}${text('parentId') === '' ? ' as a root' : ` below ${named(text('parentId'))}`}`,
      );
    case 'workspace.moved':
      return told(
        `moved ${it} from ${named(text('fromParentId'))} to ${named(text('toParentId'))}`,
        ...anchorDetails(data),
      );
    case 'workspace.renamed':
      return told(`renamed ${quote(text('from'))} to ${quote(text('to'))}`);
    case 'workspace.removed': {
      const below = listIn(data, 'removedWorkspaces').length - 1;
      return told(`removed ${it}${below > 0 ? ` and ${count(below, 'workspace')} below it` : ''}`);
    }
    case 'workspace.restored':
      return told(`restored ${it}`, ...anchorDetails(data));
    case 'plugin.allowed':
      return told(`allowed the plugin ${text('plugin')} on ${it}`);
    case 'plugin.disallowed':
      return told(`took the plugin ${text('plugin')} off the list of ${it}`);
    case 'plugin_policy.set':
      return told(
        text('to') === 'allow_all' ? `let ${it} admit every plugin` : `restricted ${it} to the plugins on its list`,
      );
    case 'api_token.created':
      return told(`created the API token ${quote(text('name'))}`);
    case 'api_token.revoked':
      return told(`revoked the API token ${quote(text('name'))}`);
    default:
      return told(type);
  }
}

function installDetails(data: Record<string, unknown>, names: (ids: string[]) => string[]): string[] {
  const adopted = listIn(data, 'adoptedWorkspaces');
  const details = [];
  if (adopted.length > 0) details.push(`Adopted ${enumerate(names(adopted))}.`);
  if (typeof data['demotedAgent'] === 'string') {
    details.push(`${names([data['demotedAgent']]).join()} is an ordinary workspace since.`);
  }
  return [...details, ...anchorDetails(data)];
}

function anchorDetails(data: Record<string, unknown>): string[] {
  const details = [];
  const { movedTokens } = data;
  const merged = listIn(data, 'mergedPlugins');
  const duplicate = listIn(data, 'duplicatePlugins');
  if (typeof movedTokens === 'number' && movedTokens > 0) details.push(`Moved ${count(movedTokens, 'token')}.`);
  if (merged.length > 0) details.push(`Merged ${enumerate(merged)} into the allowlist.`);
  if (duplicate.length > 0) details.push(`Dropped duplicates of ${enumerate(duplicate)}.`);
  return details;
}

/** What the data of an event lists under a key: nothing where it is no list. */
function listIn(data: Record<string, unknown>, key: string): string[] {
  const list = data[key];
  return Array.isArray(list) ? list.map(String) : [];
}

const quote = (name: string) => `“${name}”`;
