import { v5 as uuidv5 } from 'uuid';
import type { Transaction } from '../src/database/client.ts';
import { createOrganization } from '../src/organizations/create-organization.ts';
import { installPlatformAgent } from '../src/platform-agent/install.ts';
import { allowPlugin, setPluginPolicy } from '../src/plugins/allowlist.ts';
import { createApiToken } from '../src/tokens/api-tokens.ts';
import { createWorkspace } from '../src/workspaces/create-workspace.ts';
import { updateReport } from '../src/workspaces/heartbeat.sql.ts';
import { recordHeartbeats, reportProvisioning } from '../src/workspaces/heartbeats.ts';
import { removeWorkspace } from '../src/workspaces/remove-workspace.ts';

/** The organizations of the demo. Their ids are fixed, so that an example can name them. */
export const demo = {
  /** Several roots with overlapping allowlists and tokens, waiting for its install. */
  waiting: {
    id: '11111111-1111-4111-8111-111111111111',
    name: 'Acme Robotics',
    rootId: workspaceId('11111111-1111-4111-8111-111111111111', 'Research'),
  },
  /** Installed, with an agent of every status. */
  installed: { id: '22222222-2222-4222-8222-222222222222', name: 'Northwind Labs' },
  /** A root bears the name that its platform agent would get. */
  conflict: { id: '33333333-3333-4333-8333-333333333333', name: 'Globex' },
  /** A few hundred workspaces below a dozen roots. */
  large: { id: '44444444-4444-4444-8444-444444444444', name: 'Initech' },
} as const;

interface DemoOrganization {
  readonly id: string;
  readonly name: string;
}

const actor = 'operator';

/** Writes the demo organizations, all of them or none. To be called on a database without organizations. */
export async function seed(tx: Transaction): Promise<void> {
  await seedWaiting(tx, demo.waiting);
  await seedInstalled(tx, demo.installed);
  await seedConflict(tx, demo.conflict);
  await seedLarge(tx, demo.large);
}

/**
 * Keeps the agents of the demo alive, as their own processes would, were there any: call it more often than the liveness
 * window is long. Without it they turn OFFLINE and FAILED by themselves, which is the truth. Once they are removed, or
 * their organization is gone, it changes nothing.
 */
export async function beatDemoAgents(tx: Transaction): Promise<void> {
  const orgId = demo.installed.id;
  await recordHeartbeats(tx, orgId, [
    { workspaceId: workspaceId(orgId, 'Crawler'), health: 'healthy', message: 'Indexing 14 sources' },
    { workspaceId: workspaceId(orgId, 'Summarizer'), health: 'degraded', message: 'The model answers slowly' },
  ]);
  const translator = workspaceId(orgId, 'Translator');
  await updateReport(tx, orgId, translator, 'provisioning', 'Pulling the image');
}

async function seedWaiting(tx: Transaction, { id: orgId, name }: DemoOrganization): Promise<void> {
  const roots = {
    Research: {
      plugins: ['github', 'web-search', 'arxiv'],
      tokens: ['Notebook', 'Nightly report'],
      team: ['Reader', 'Planner'],
    },
    'Customer Support': {
      plugins: ['zendesk', 'web-search'],
      tokens: ['Help desk'],
      team: ['First line', 'Escalations'],
    },
    'Build Farm': { plugins: ['github', 'docker'], tokens: ['CI'], team: ['Linux runner', 'macOS runner'] },
  };
  await createOrganization(tx, { id: orgId, name, actor });
  for (const [rootName, { plugins, tokens, team }] of Object.entries(roots)) {
    const rootId = await createWorkspace(tx, { orgId, id: workspaceId(orgId, rootName), name: rootName, actor });
    for (const plugin of plugins) await allowPlugin(tx, { orgId, rootId, plugin, actor });
    for (const tokenName of tokens) await createApiToken(tx, { orgId, rootId, name: tokenName, actor });
    for (const member of team) {
      await createWorkspace(tx, { orgId, id: workspaceId(orgId, member), name: member, parentId: rootId, actor });
    }
  }
  await setPluginPolicy(tx, { orgId, rootId: workspaceId(orgId, 'Build Farm'), policy: 'allow_listed', actor });
}

async function seedInstalled(tx: Transaction, { id: orgId, name }: DemoOrganization): Promise<void> {
  await createOrganization(tx, { id: orgId, name, actor });
  const rootId = await createWorkspace(tx, { orgId, id: workspaceId(orgId, 'Knowledge'), name: 'Knowledge', actor });
  await allowPlugin(tx, { orgId, rootId, plugin: 'web-search', actor });
  await createApiToken(tx, { orgId, rootId, name: 'Dashboard', actor });
  for (const member of ['Crawler', 'Summarizer', 'Translator', 'Archivist', 'Indexer', 'Prototype']) {
    await createWorkspace(tx, { orgId, id: workspaceId(orgId, member), name: member, parentId: rootId, actor });
  }
  await installPlatformAgent(tx, { orgId, actor });
  const failed = {
    orgId,
    workspaceId: workspaceId(orgId, 'Indexer'),
    state: 'failed',
    message: 'No space left on device',
  } as const;
  await reportProvisioning(tx, failed);
  await removeWorkspace(tx, { orgId, id: workspaceId(orgId, 'Prototype'), includeDescendants: false, actor });
  await beatDemoAgents(tx);
}

async function seedConflict(tx: Transaction, { id: orgId, name }: DemoOrganization): Promise<void> {
  await createOrganization(tx, { id: orgId, name, actor });
  for (const rootName of [`${name} Agent`, 'Finance']) {
    const rootId = await createWorkspace(tx, { orgId, id: workspaceId(orgId, rootName), name: rootName, actor });
    await allowPlugin(tx, { orgId, rootId, plugin: 'spreadsheets', actor });
    await createApiToken(tx, { orgId, rootId, name: `${rootName} token`, actor });
  }
}

async function seedLarge(tx: Transaction, { id: orgId, name }: DemoOrganization): Promise<void> {
  const departments = 12;
  const teams = 5;
  const agents = 5;
  await createOrganization(tx, { id: orgId, name, actor });
  await tx.$executeRaw`
    with department as (
      insert into workspaces (org_id, name)
      select ${orgId}::uuid, 'Department ' || lpad(number::text, 2, '0')
      from generate_series(1, ${departments}) number
      returning id, name
    ),
    team as (
      insert into workspaces (org_id, parent_id, name)
      select ${orgId}::uuid, department.id, 'Team ' || number
      from department, generate_series(1, ${teams}) number
      returning id
    ),
    agent as (
      insert into workspaces (org_id, parent_id, name)
      select ${orgId}::uuid, team.id, 'Agent ' || number
      from team, generate_series(1, ${agents}) number
      returning id
    ),
    heartbeat as (
      insert into workspace_heartbeats (org_id, workspace_id)
      select ${orgId}::uuid, id from (table agent union all table team union all select id from department) workspace
    )
    insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by)
    select ${orgId}::uuid, id, plugin, ${actor}
    from department, unnest(array['github', 'web-search', 'mail']) plugin`;
}

/** Derived from the name, so that the demo has the same ids wherever it is written. */
function workspaceId(orgId: string, name: string): string {
  return uuidv5(name, orgId);
}
