import type { AnswerError, ApiClient } from './api-client.ts';

/** What an install did, or would do. */
export interface Effects {
  adoptedWorkspaces: { id: string }[];
  adoptedWorkspaceCount: number;
  demotedAgent: { id: string } | null;
  movedTokens: number;
  mergedPlugins: string[];
  duplicatePlugins: string[];
  previouslyOpenRoots: { id: string }[];
}

/** Selects them. */
export const effectsSelection = `
  adoptedWorkspaces { id }
  adoptedWorkspaceCount
  demotedAgent { id }
  movedTokens
  mergedPlugins
  duplicatePlugins
  previouslyOpenRoots { id }`;

export const noEffects: Effects = {
  adoptedWorkspaces: [],
  adoptedWorkspaceCount: 0,
  demotedAgent: null,
  movedTokens: 0,
  mergedPlugins: [],
  duplicatePlugins: [],
  previouslyOpenRoots: [],
};

const document = `
  mutation Install($orgId: ID!, $name: String) {
    installPlatformAgent(orgId: $orgId, name: $name) {
      id
      name
      kind
      status
      tier
      runtime
      pluginPolicy
      installation { installedBy ${effectsSelection} }
    }
  }`;

export interface InstalledAgent {
  id: string;
  name: string;
  kind: string;
  status: string;
  tier: number;
  runtime: string;
  pluginPolicy: string;
  installation: (Effects & { installedBy: string }) | null;
}

/** Installs the platform agent as a client would, as the operator unless a token is given. Throws when it fails. */
export async function install(
  api: ApiClient,
  orgId: string,
  { name, token }: { name?: string; token?: string } = {},
): Promise<InstalledAgent> {
  const data = await api.expectData(document, { orgId, name }, token);
  return data.installPlatformAgent;
}

/** Tries an install that must fail, and returns its one error. */
export async function failInstall(api: ApiClient, orgId: string, name?: string): Promise<AnswerError> {
  const { data, errors } = await api.execute(document, { orgId, name });
  const [error] = errors ?? [];
  if (error === undefined || errors?.length !== 1 || data)
    throw new Error(`Not one error: ${JSON.stringify({ data, errors })}`);
  return error;
}
