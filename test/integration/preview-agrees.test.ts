import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Effects, failInstall, install, noEffects } from '../support/install.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { type Previewed, preview } from '../support/preview.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { readStored, type Stored, storedAfterwards, survivingEntries } from './previewed-rows.ts';
import { insertRandomOrganization, randomOrganization } from './random-organizations.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
watchNeighbour(database);

const timeLimitMs = 150_000;

test(
  'of any organization a preview says what the install then does',
  async () => {
    await fc.assert(
      fc.asyncProperty(randomOrganization, async (organization) => {
        const orgId = await insertRandomOrganization(database, organization);
        await expectAgreement(orgId, organization.requestedName);
      }),
      { seed: 20_260_101, numRuns: 300, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: true },
    );
    process.stdout.write(`${[...met].map(([kind, times]) => `${kind}: ${times}`).join('\n')}\n`);
    for (const [kind, times] of met) expect(times, kind).toBeGreaterThanOrEqual(5);
  },
  timeLimitMs + 60_000,
);

async function expectAgreement(orgId: string, name: string | undefined): Promise<void> {
  const before = await readStored(database, orgId);
  const snapshot = await snapshotOrganization(database, orgId);
  const previewed = await preview(api, database, orgId, { name });
  expectConsistent(previewed);
  countKinds(previewed, before);

  if (previewed.outcome === 'CONFLICT') {
    await expectRefused(orgId, name, previewed);
    expect(await snapshotOrganization(database, orgId)).toEqual(snapshot);
    return;
  }
  const { installation, ...agent } = await install(api, orgId, name === undefined ? {} : { name });
  expect(agent).toMatchObject({
    id: previewed.agentId,
    name: previewed.agentName,
    pluginPolicy: previewed.pluginPolicy,
  });
  if (previewed.outcome === 'INSTALLS') {
    expect(installation).toEqual({ ...effectsOf(previewed), installedBy: 'operator' });
    expect(await readStored(database, orgId)).toEqual(storedAfterwards(before, previewed));
  } else {
    expect(agent.status === 'REMOVED').toBe(previewed.outcome === 'REMOVED');
    expect(effectsOf(previewed)).toEqual(noEffects);
    const own = before.allowlist.filter(({ rootId }) => rootId === agent.id);
    expect(survivingEntries(before, previewed)).toHaveLength(own.length);
    expect(await snapshotOrganization(database, orgId)).toEqual(snapshot);
  }
}

/** The install is refused in the previewed words, and another name helps exactly where the preview says so. */
async function expectRefused(orgId: string, name: string | undefined, { conflict }: Previewed): Promise<void> {
  const { message, extensions } = await failInstall(api, orgId, name);
  expect({ message, ...extensions }).toEqual({
    code: conflict?.code,
    message: conflict?.message,
    name: conflict?.name,
    workspaceId: conflict?.workspace.id,
  });
  const { outcome } = await preview(api, database, orgId, { name: 'A name that nobody bears' });
  expect(outcome).toBe(conflict?.anotherNameHelps ? 'INSTALLS' : 'CONFLICT');
}

function effectsOf(previewed: Previewed): Effects {
  return {
    adoptedWorkspaces: previewed.adoptedWorkspaces,
    adoptedWorkspaceCount: previewed.adoptedWorkspaceCount,
    demotedAgent: previewed.demotedAgent,
    movedTokens: previewed.movedTokens,
    mergedPlugins: previewed.mergedPlugins,
    duplicatePlugins: previewed.duplicatePlugins,
    previouslyOpenRoots: previewed.previouslyOpenRoots,
  };
}

/** What a preview says in two ways is the same. */
function expectConsistent(previewed: Previewed): void {
  const { outcome, conflict, pluginPolicy, allowlist, agentId } = previewed;
  expect(conflict !== null).toBe(outcome === 'CONFLICT');
  expect(previewed.restrictedRoots).toEqual(pluginPolicy === 'ALLOW_LISTED' ? previewed.previouslyOpenRoots : []);
  const merged = allowlist.filter(({ root }) => root.id !== agentId);
  expect(previewed.mergedPlugins).toEqual(merged.map(({ plugin }) => plugin));
  const duplicate = allowlist.filter(({ duplicates }) => duplicates.length > 0);
  expect(previewed.duplicatePlugins).toEqual(duplicate.map(({ plugin }) => plugin));
}

/** How many of the organizations were of which kind: a property that never meets a conflict would prove nothing. */
const met = new Map<string, number>();

function countKinds(previewed: Previewed, before: Stored): void {
  const { outcome, conflict, demotedAgent, allowlist, agentId } = previewed;
  const count = (kind: string, isMet: boolean) => met.set(kind, (met.get(kind) ?? 0) + Number(isMet));
  for (const kind of ['INSTALLS', 'ALREADY_INSTALLED', 'REMOVED', 'CONFLICT']) count(kind, outcome === kind);

  const isBelow = conflict !== null && conflict.adoptedWorkspace !== null;
  count('conflict of a new agent with a root', conflict?.anotherNameHelps === true);
  count('conflict of a seeded agent with a root', conflict !== null && !conflict.anotherNameHelps && !isBelow);
  count('conflict of a child with a root', isBelow);

  const installs = outcome === 'INSTALLS';
  const seeded = before.workspaces.find(({ id }) => id === agentId);
  count('install of a new agent', installs && seeded === undefined);
  count('install over a root', installs && seeded?.parentId === null && seeded.kind === 'workspace');
  count('install over a child', installs && typeof seeded?.parentId === 'string');
  count('install over an agent of an open organization', installs && seeded?.kind === 'platform');

  const isClosed = before.organization?.openRoots === false;
  count('demotion in an open organization', installs && demotedAgent !== null && !isClosed);
  count('demotion in a closed organization', installs && demotedAgent !== null && isClosed);
  count('restriction of roots', installs && previewed.restrictedRoots.length > 0);
  const rivals = allowlist.filter(({ duplicates }) => installs && duplicates.length > 0);
  const countPlugins = (kind: string, isOfKind: (entry: Previewed['allowlist'][number]) => boolean) =>
    count(kind, rivals.some(isOfKind));
  countPlugins('plugin of the agent and of a root', ({ root }) => root.id === agentId);
  countPlugins('plugin of several roots', ({ root }) => root.id !== agentId);
  countPlugins(
    'plugin of several roots, of one author and one millisecond',
    ({ enabledAt, enabledBy, duplicates: [next] }) => next?.enabledAt === enabledAt && next.enabledBy === enabledBy,
  );
}
