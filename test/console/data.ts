import { createOrganization, createWorkspace } from './console-test.ts';
import type { ConsoleServer, TestPostgres } from './server.ts';

// What the tests put into the database: through the API where that can do it.

export async function createToken(
  server: ConsoleServer,
  orgId: string,
  name: string,
  rootId: string | null = null,
): Promise<{ id: string; token: string }> {
  const document = `mutation ($orgId: ID!, $name: String!, $rootId: ID) {
    createApiToken(orgId: $orgId, name: $name, rootId: $rootId) { token apiToken { id } }
  }`;
  const { createApiToken } = await server.api(document, { orgId, name, rootId });
  return { id: createApiToken.apiToken.id, token: createApiToken.token };
}

export async function allowPlugin(server: ConsoleServer, orgId: string, rootId: string, plugin: string): Promise<void> {
  const document = `mutation ($orgId: ID!, $rootId: ID!, $plugin: String!) {
    allowPlugin(orgId: $orgId, rootId: $rootId, plugin: $plugin) { plugin }
  }`;
  await server.api(document, { orgId, rootId, plugin });
}

export async function setPolicy(server: ConsoleServer, orgId: string, rootId: string, policy: string): Promise<void> {
  const document = `mutation ($orgId: ID!, $rootId: ID!, $policy: PluginPolicy!) {
    setPluginPolicy(orgId: $orgId, rootId: $rootId, policy: $policy) { id }
  }`;
  await server.api(document, { orgId, rootId, policy });
}

export async function recordHeartbeat(
  server: ConsoleServer,
  orgId: string,
  workspaceId: string,
  message = '',
): Promise<void> {
  const document = `mutation ($orgId: ID!, $workspaceId: ID!, $message: String) {
    recordHeartbeat(orgId: $orgId, workspaceId: $workspaceId, message: $message) { id }
  }`;
  await server.api(document, { orgId, workspaceId, message });
}

export async function install(server: ConsoleServer, orgId: string): Promise<string> {
  const data = await server.api('mutation ($orgId: ID!) { installPlatformAgent(orgId: $orgId) { id } }', { orgId });
  return data.installPlatformAgent.id;
}

/** An organization with three roots, each with tokens and an allowlist: one of them restricted. */
export async function createThreeRoots(server: ConsoleServer, name: string) {
  const { orgId, ids } = await createOrganization(server, name, ['Research', 'Support', 'Build Farm']);
  const plugins = { Research: ['arxiv', 'github'], Support: ['web-search'], 'Build Farm': ['docker', 'github'] };
  for (const [root, list] of Object.entries(plugins)) {
    for (const plugin of list) await allowPlugin(server, orgId, ids[root] ?? '', plugin);
    await createToken(server, orgId, `${root} token`, ids[root] ?? null);
    await createWorkspace(server, orgId, `${root} agent`, ids[root] ?? null);
  }
  await setPolicy(server, orgId, ids['Build Farm'] ?? '', 'ALLOW_LISTED');
  return { orgId, ids };
}

/** A tree of many workspaces, ten wide and as deep as that makes it, written past the API for its speed. */
export async function createLargeTree(postgres: TestPostgres, orgId: string, workspaces: number): Promise<void> {
  await postgres.query(
    `with node as (
       select number, md5($1::text || number)::uuid as id,
              case when number > 1 then md5($1::text || (number + 8) / 10)::uuid end as parent_id
       from generate_series(1, $2::int) number
     ), inserted as (
       insert into workspaces (org_id, id, parent_id, name)
       select $1::uuid, id, parent_id, 'Agent ' || number from node order by number
       returning org_id, id
     )
     insert into workspace_heartbeats (org_id, workspace_id, last_seen_at)
     select org_id, id, clock_timestamp() from inserted`,
    [orgId, workspaces],
  );
}
