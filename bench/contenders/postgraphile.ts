import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/database/migrations/package-root.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import type { BenchDatabase } from '../database.ts';
import type { AgentRow } from './floor.ts';
import { startPostGraphile } from './servers.ts';

const install = `mutation ($orgId: UUID!, $agentId: UUID!) {
  installPlatformAgent(input: { orgId: $orgId, agentId: $agentId }) { result { rowId name state { status } } }
}`;
const heartbeat = `mutation ($orgId: UUID!, $workspaceId: UUID!) {
  recordHeartbeat(input: { orgId: $orgId, workspaceId: $workspaceId }) { result { rowId name state { status } } }
}`;
const heartbeats = `mutation ($orgId: UUID!, $workspaceIds: [UUID]!) {
  recordHeartbeats(input: { orgId: $orgId, workspaceIds: $workspaceIds }) { result }
}`;
const tree = `query ($orgId: UUID!) {
  allWorkspaces(condition: { orgId: $orgId }, first: 1000, orderBy: NAME_ASC) {
    edges { node { rowId parentId name state { status lastHeartbeatAt } } }
  }
}`;
const organizations = `{
  allOrganizations(first: 100, orderBy: NAME_ASC) {
    edges { node { rowId name openRoots statusCounts { online degraded provisioning offline failed removed } } }
  }
}`;

interface Node {
  readonly rowId: string;
  readonly name: string;
  readonly state: { readonly status: string };
}

const agentOf = ({ result: { rowId, name, state } }: { result: Node }): AgentRow => ({
  id: rowId,
  name,
  status: state.status,
});

/** The same asked of PostGraphile 5, which serves the functions of functions.sql and the tables themselves. */
export async function createPostGraphile(database: BenchDatabase, clients: number) {
  await database.query(await readFile(join(packageRoot(), 'bench/postgraphile/functions.sql'), 'utf8'));
  const server = await startPostGraphile(database.url, clients);
  return {
    pid: server.process.pid,
    install: async (orgId: string) =>
      agentOf(
        (
          await server.post<{ installPlatformAgent: { result: Node } }>(install, {
            orgId,
            agentId: platformAgentId(orgId),
          })
        ).installPlatformAgent,
      ),
    heartbeat: async (orgId: string, workspaceId: string) =>
      agentOf(
        (await server.post<{ recordHeartbeat: { result: Node } }>(heartbeat, { orgId, workspaceId })).recordHeartbeat,
      ),
    heartbeats: async (orgId: string, workspaceIds: readonly string[]) =>
      (await server.post<{ recordHeartbeats: { result: number } }>(heartbeats, { orgId, workspaceIds }))
        .recordHeartbeats.result,
    tree: async (orgId: string) =>
      (await server.post<{ allWorkspaces: { edges: unknown[] } }>(tree, { orgId })).allWorkspaces.edges,
    organizations: async () =>
      (await server.post<{ allOrganizations: { edges: unknown[] } }>(organizations)).allOrganizations.edges,
    stop: () => server.stop(),
  };
}

export type PostGraphile = Awaited<ReturnType<typeof createPostGraphile>>;
