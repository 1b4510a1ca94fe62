import { createHmac } from 'node:crypto';
import type { GraphiQLOptions, Plugin } from 'graphql-yoga';
import { hashesEqual, hashToken } from '../tokens/token-format.ts';

/** Whether to serve GraphiQL. */
export type GraphiqlSettings =
  | false
  | {
      /** Filled in for whoever brings its key. Given where it is ours to show: that of the embedded database. */
      readonly operatorToken?: string;
      /** What the example operations are about. */
      readonly example?: { readonly orgId: string; readonly workspaceId: string };
    };

const install = `# Makes the platform agent the single root of an organization.
# Its id stands in the Variables pane, below.
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

const heartbeat = `# A workspace is ONLINE for 90 seconds after a heartbeat.
mutation Heartbeat($orgId: ID!, $workspaceId: ID!) {
  recordHeartbeat(
    orgId: $orgId
    workspaceId: $workspaceId
    message: "Ready"
  ) {
    name
    status
    lastHeartbeatAt
  }
}
`;

/**
 * What the address of GraphiQL has to bear for the operator token to be filled in: nothing else about a request tells its
 * owner from other accounts of the machine, or from a proxy's clients. The same from start to start, so that a bookmark
 * stays good; and it does not tell the token.
 */
export function graphiqlKey(operatorToken: string): string {
  return createHmac('sha256', operatorToken).update('graphiql').digest('hex').slice(0, 32);
}

/** GraphiQL with example operations in tabs, and the authorization header filled in where the URL asked for has the key. */
export function graphiqlOptions(settings: Exclude<GraphiqlSettings, false>, url: string): GraphiQLOptions {
  const { operatorToken, example: { orgId, workspaceId } = { orgId: '', workspaceId: '' } } = settings;
  const token = operatorToken !== undefined && hasKey(url, operatorToken) ? operatorToken : '<token>';
  const headers = JSON.stringify({ authorization: `Bearer ${token}` }, null, 2);
  const tab = (query: string, variables: object) => ({ query, headers, variables: JSON.stringify(variables, null, 2) });
  return {
    title: 'Taproot',
    headers,
    shouldPersistHeaders: false,
    defaultTabs: [
      tab(install, { orgId }),
      tab(organizations, {}),
      tab(tree, { orgId }),
      tab(heartbeat, { orgId, workspaceId }),
    ],
  };
}

/** Keeps what the page holds, and the key in its address, from caches, from other sites and from their frames. */
export function useGraphiqlHeaders(): Plugin {
  return {
    onResponse({ response }) {
      if (!response.headers.get('content-type')?.startsWith('text/html')) return;
      response.headers.set('cache-control', 'no-store');
      response.headers.set('referrer-policy', 'no-referrer');
      response.headers.set('x-frame-options', 'DENY');
    },
  };
}

function hasKey(url: string, operatorToken: string): boolean {
  const key = new URL(url).searchParams.get('key');
  return key !== null && hashesEqual(hashToken(key), hashToken(graphiqlKey(operatorToken)));
}
