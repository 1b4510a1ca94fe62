import type { GraphiQLOptions } from 'graphql-yoga';

/** Whether to serve GraphiQL. */
export type GraphiqlSettings =
  | false
  | {
      /** Filled in where it is ours to show: that of the embedded database, to this very machine. */
      readonly operatorToken?: string;
      /** The organization of the example operations. */
      readonly exampleOrgId?: string;
    };

const install = `# Make the platform agent the single root of the organization that waits for it.
# The id goes into the variables below; the tab Organizations finds others.
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

/** GraphiQL with example operations in tabs, and the authorization header filled in for a local request. */
export function graphiqlOptions(settings: Exclude<GraphiqlSettings, false>, local: boolean): GraphiQLOptions {
  const token = local ? settings.operatorToken : undefined;
  const orgId = settings.exampleOrgId ?? '';
  const headers = JSON.stringify({ authorization: `Bearer ${token ?? '<token>'}` }, null, 2);
  const tab = (query: string, variables: object) => ({ query, headers, variables: JSON.stringify(variables, null, 2) });
  return {
    title: 'Taproot',
    headers,
    shouldPersistHeaders: false,
    defaultTabs: [
      tab(install, { orgId }),
      tab(organizations, {}),
      tab(tree, { orgId }),
      tab(heartbeat, { orgId, workspaceId: '' }),
    ],
  };
}

/**
 * Whether the page was asked for on this very machine, and by a name of its own. Another machine may send any name; and a
 * foreign page that points its own name at 127.0.0.1 (DNS rebinding) must not get to read the operator token out of ours.
 */
export function isLocal(url: string, remoteAddress: string | undefined): boolean {
  const isLoopback = /^(::1|(::ffff:)?127(\.\d+){3})$/.test(remoteAddress ?? '');
  return isLoopback && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}
