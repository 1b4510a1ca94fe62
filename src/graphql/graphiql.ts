import { createHmac, randomBytes } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { type GraphiQLOptions, type Plugin, shouldRenderGraphiQL } from 'graphql-yoga';
import { apiPath } from '../paths.ts';
import { pagePolicy } from '../security-headers.ts';
import { hashesEqual, hashToken } from '../tokens/token-format.ts';
import type { Callers } from './callers.ts';

/** Whether to serve GraphiQL. */
export type GraphiqlSettings =
  | false
  | {
      /** Whether it is shown to those alone who bring a token. It is where a server is open to more than its owner. */
      readonly callersOnly?: boolean;
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

/** The type of the options lacks one that the page knows. */
type ShownOptions = GraphiQLOptions & { readonly variables: string };

/** GraphiQL with example operations in tabs, and the authorization header filled in where the URL asked for has the key. */
export function graphiqlOptions(settings: Exclude<GraphiqlSettings, false>, url: string): ShownOptions {
  const { operatorToken, example: { orgId, workspaceId } = { orgId: '', workspaceId: '' } } = settings;
  const token = operatorToken !== undefined && hasKey(url, operatorToken) ? operatorToken : '<token>';
  const headers = JSON.stringify({ authorization: `Bearer ${token}` }, null, 2);
  const tab = (query: string, variables: object) => ({ query, headers, variables: JSON.stringify(variables, null, 2) });
  return {
    title: 'Taproot',
    headers,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
    // GraphiQL takes those of the tab that it opens from here, and not from the tab.
    variables: JSON.stringify({ orgId }, null, 2),
    defaultTabs: [
      tab(install, { orgId }),
      tab(organizations, {}),
      tab(tree, { orgId }),
      tab(heartbeat, { orgId, workspaceId }),
    ],
  };
}

/**
 * Serves the page. It is kept from caches, from other sites and from their frames, runs no script but its own, and asks
 * this server alone; its editor makes styles while it runs, which no nonce could name.
 *
 * Where callers alone may see it, a browser asks for a token as the password of HTTP Basic, which it then sends along by
 * itself. That opens the page and nothing else: the API takes no credentials that any site could have a browser send. Whoever
 * asks for it is let in, and counted, as at the API.
 *
 * @param present makes an error fit for the client
 */
export function useGraphiql(
  settings: Exclude<GraphiqlSettings, false>,
  letIn: Callers['letIn'],
  present: (error: unknown) => GraphQLError,
): Plugin {
  async function answer(request: Request): Promise<[body: string, init: ResponseInit]> {
    if (settings.callersOnly) await letIn(bearerOf(request.headers.get('authorization')));
    const nonce = randomBytes(16).toString('base64');
    // Loaded when somebody opens it: the page is a large text, and most servers never show it.
    const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
    const page = renderGraphiQL(graphiqlOptions(settings, request.url)).replace(
      '<script>',
      `<script nonce="${nonce}">`,
    );
    const policy = pagePolicy({
      'script-src': `'nonce-${nonce}'`,
      'style-src': `'unsafe-inline'`,
      'font-src': 'data:',
      'img-src': 'data:',
      'worker-src': 'blob:',
    });
    return [page, { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy } }];
  }

  /** A page that says in a sentence why there is none. */
  function refuse(error: unknown): [body: string, init: ResponseInit] {
    const { message, extensions } = present(error);
    const { status = 500, headers: more } = extensions.http ?? {};
    const headers = { ...more, 'content-type': 'text/plain; charset=utf-8' };
    if (status !== 401) return [message, { status, headers }];
    const challenge = {
      'www-authenticate': 'Basic realm="GraphiQL of Taproot: a token is the password", charset="UTF-8"',
    };
    return [
      'GraphiQL is for callers alone. Enter a token of the API as the password, and anything as the user name.',
      { status, headers: { ...headers, ...challenge } },
    ];
  }

  return {
    onRequest({ request, url, fetchAPI, setRequestHandler }) {
      if (!shouldRenderGraphiQL(request) || url.pathname !== apiPath) return;
      // Not answered here, where nothing would bound the time that it takes.
      setRequestHandler(async () => {
        const [body, init] = await answer(request).catch(refuse);
        return new fetchAPI.Response(body, init);
      });
    },
  };
}

/** The Authorization header of a caller whose token is the password of these basic credentials. */
function bearerOf(authorization: string | null): string {
  const credentials = /^Basic +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return `Bearer ${password}`;
}

function hasKey(url: string, operatorToken: string): boolean {
  const key = new URL(url).searchParams.get('key');
  return key !== null && hashesEqual(hashToken(key), hashToken(graphiqlKey(operatorToken)));
}
