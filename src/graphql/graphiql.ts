import type { GraphiQLOptions } from 'graphql-yoga';

/** Whether to serve GraphiQL, and the operator token to fill in where it is ours to show. */
export type GraphiqlSettings = false | { readonly operatorToken?: string };

const install = `# Make the platform agent the single root of the organization that waits for it.
# "List organizations" in the next tab finds its id.
mutation Install($orgId: ID!) {
  installPlatformAgent(orgId: $orgId) {
    id
    name
    status
    statusMessage
    installation {
      installedAt
      installedBy
      adoptedWorkspaces { id name }
      movedTokens
      mergedPlugins
      duplicatePlugins
      previouslyOpenRoots { name }
    }
  }
}
`;

const organizations = `query Organizations {
  organizations(first: 20) {
    totalCount
    edges {
      node {
        id
        name
        installed
        statusCounts { online degraded provisioning offline failed removed }
      }
    }
  }
}
`;

const tree = `query Tree($orgId: ID!) {
  organization(id: $orgId) {
    name
    platformAgent { name status }
    roots {
      id
      name
      status
      children(first: 50) {
        totalCount
        edges { node { id name status lastHeartbeatAt } }
      }
      pluginAllowlist { plugin enabledBy enabledAt }
      apiTokens { id name prefix }
    }
  }
}
`;

const heartbeat = `mutation Heartbeat($orgId: ID!, $workspaceId: ID!) {
  recordHeartbeat(orgId: $orgId, workspaceId: $workspaceId, message: "Ready") {
    name
    status
    lastHeartbeatAt
  }
}
`;

/** The organization of the demo data that waits for its install, as prisma/seed.ts makes it. */
const demoOrgId = '11111111-1111-4111-8111-111111111111';

/** GraphiQL with example operations in tabs. `token` fills in the authorization header. */
export function graphiqlOptions(token: string | undefined): GraphiQLOptions {
  const headers = JSON.stringify({ authorization: `Bearer ${token ?? '<token>'}` }, null, 2);
  const tab = (query: string, variables: object) => ({ query, headers, variables: JSON.stringify(variables, null, 2) });
  return {
    title: 'Taproot',
    headers,
    shouldPersistHeaders: false,
    defaultTabs: [
      tab(install, { orgId: demoOrgId }),
      tab(organizations, {}),
      tab(tree, { orgId: demoOrgId }),
      tab(heartbeat, { orgId: demoOrgId, workspaceId: '' }),
    ],
  };
}

/**
 * Whether the page was asked for by a name of this very machine. A foreign page that points its own name at 127.0.0.1
 * (DNS rebinding) must not get to read the operator token out of ours.
 */
export function isLocalRequest(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}
