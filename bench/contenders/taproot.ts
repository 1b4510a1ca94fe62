import type { AgentRow } from './floor.ts';
import { type Server, startTaproot } from './servers.ts';

const install = 'mutation ($orgId: ID!) { installPlatformAgent(orgId: $orgId) { id name status } }';
const heartbeat =
  'mutation ($orgId: ID!, $workspaceId: ID!) { recordHeartbeat(orgId: $orgId, workspaceId: $workspaceId) { id name status } }';
const heartbeats =
  'mutation ($orgId: ID!, $heartbeats: [HeartbeatInput!]!) { recordHeartbeats(orgId: $orgId, heartbeats: $heartbeats) }';
const tree = `query ($orgId: ID!) {
  organization(id: $orgId) {
    workspaces(first: 1000) { edges { node { id parentId name status lastHeartbeatAt } } }
  }
}`;
const organizations = `{
  organizations(first: 100) {
    edges { node { id name installed statusCounts { online degraded provisioning offline failed removed } } }
  }
}`;

/** What the bench asks of Taproot's API. */
export async function createTaproot(databaseUrl: string, clients: number) {
  const server: Server = await startTaproot(databaseUrl, clients);
  return {
    pid: server.process.pid,
    typename: () => server.post<{ __typename: string }>('{ __typename }'),
    install: async (orgId: string) =>
      (await server.post<{ installPlatformAgent: AgentRow }>(install, { orgId })).installPlatformAgent,
    heartbeat: async (orgId: string, workspaceId: string) =>
      (await server.post<{ recordHeartbeat: AgentRow }>(heartbeat, { orgId, workspaceId })).recordHeartbeat,
    async heartbeats(orgId: string, workspaceIds: readonly string[]) {
      const beats = workspaceIds.map((workspaceId) => ({ workspaceId }));
      return (await server.post<{ recordHeartbeats: number }>(heartbeats, { orgId, heartbeats: beats }))
        .recordHeartbeats;
    },
    tree: async (orgId: string) =>
      (await server.post<{ organization: { workspaces: { edges: unknown[] } } }>(tree, { orgId })).organization
        .workspaces.edges,
    organizations: async () =>
      (await server.post<{ organizations: { edges: unknown[] } }>(organizations)).organizations.edges,
    stop: () => server.stop(),
  };
}

export type Taproot = Awaited<ReturnType<typeof createTaproot>>;
