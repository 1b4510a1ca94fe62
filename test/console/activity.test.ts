import { expect, test } from 'vitest';
import { type ActivityEvent, describeEvent } from '../../src/console/activity/describe-event.ts';
import type { EventType } from '../../src/events/append-event.ts';

const names: Record<string, string> = { a: 'Alpha', b: 'Beta', agent: 'Acme Agent' };
const nameOf = (id: string) => names[id] ?? id;

function event(type: string, data: Record<string, unknown> = {}, workspaceId?: string): ActivityEvent {
  const workspace = workspaceId === undefined ? null : { id: workspaceId, name: nameOf(workspaceId) };
  return { seq: '1', type, actor: 'operator', data, createdAt: '2026-01-01T00:00:00.000Z', workspace };
}

test.each([
  [event('organization.created', { name: 'Acme' }), 'created the organization “Acme”'],
  [event('workspace.created', { name: 'Alpha', parentId: null }, 'a'), 'created “Alpha” as a root'],
  [event('workspace.created', { name: 'Beta', parentId: 'a' }, 'b'), 'created “Beta” below “Alpha”'],
  [
    event('workspace.moved', { fromParentId: 'a', toParentId: 'agent' }, 'b'),
    'moved “Beta” from “Alpha” to “Acme Agent”',
  ],
  [event('workspace.moved', { fromParentId: null, toParentId: 'a' }, 'b'), 'moved “Beta” from the top to “Alpha”'],
  [event('workspace.renamed', { from: 'Alpha', to: 'Aleph' }, 'a'), 'renamed “Alpha” to “Aleph”'],
  [event('workspace.removed', { removedWorkspaces: ['a'] }, 'a'), 'removed “Alpha”'],
  [event('workspace.removed', { removedWorkspaces: ['a', 'b'] }, 'a'), 'removed “Alpha” and 1 workspace below it'],
  [event('workspace.restored', { parentId: null }, 'a'), 'restored “Alpha”'],
  [event('plugin.allowed', { plugin: 'mail' }, 'a'), 'allowed the plugin mail on “Alpha”'],
  [event('plugin.disallowed', { plugin: 'mail' }, 'a'), 'took the plugin mail off the list of “Alpha”'],
  [event('plugin_policy.set', { to: 'allow_all' }, 'a'), 'let “Alpha” admit every plugin'],
  [event('plugin_policy.set', { to: 'allow_listed' }, 'a'), 'restricted “Alpha” to the plugins on its list'],
  [event('api_token.created', { name: 'CI' }), 'created the API token “CI”'],
  [event('api_token.revoked', { name: 'CI' }), 'revoked the API token “CI”'],
  [event('something.new'), 'something.new'],
])('an event reads as a sentence: $type', (given, sentence) => {
  expect(describeEvent(given, nameOf).sentence).toBe(sentence);
});

test('every type of event has a sentence of its own', () => {
  const types: Record<EventType, true> = {
    'organization.created': true,
    'platform_agent.installed': true,
    'workspace.created': true,
    'workspace.moved': true,
    'workspace.renamed': true,
    'workspace.removed': true,
    'workspace.restored': true,
    'plugin.allowed': true,
    'plugin.disallowed': true,
    'plugin_policy.set': true,
    'api_token.created': true,
    'api_token.revoked': true,
  };
  for (const type of Object.keys(types)) expect(describeEvent(event(type), nameOf).sentence).not.toBe(type);
});

test('an install tells what it did', () => {
  const data = {
    adoptedWorkspaces: ['a', 'b'],
    demotedAgent: 'b',
    movedTokens: 2,
    mergedPlugins: ['mail', 'web'],
    duplicatePlugins: ['web'],
  };
  expect(describeEvent(event('platform_agent.installed', data, 'agent'), nameOf)).toEqual({
    sentence: 'installed the platform agent “Acme Agent”',
    details: [
      'Adopted “Alpha” and “Beta”.',
      '“Beta” is an ordinary workspace since.',
      'Moved 2 tokens.',
      'Merged mail and web into the allowlist.',
      'Dropped duplicates of web.',
    ],
  });
});

test('long lists are cut short, with the number of the rest', () => {
  const plugins = Array.from({ length: 9 }, (_, index) => `plugin-${index}`);
  const { details } = describeEvent(event('workspace.restored', { mergedPlugins: plugins }, 'a'), nameOf);
  expect(details).toEqual([
    'Merged plugin-0, plugin-1, plugin-2, plugin-3, plugin-4, plugin-5, and 3 more into the allowlist.',
  ]);
});
