/** The arguments of every mutation, as a client passes them. */
export interface Arguments {
  createOrganization: { name: string; id?: string };
  installPlatformAgent: { orgId: string; name?: string };
  createWorkspace: { orgId: string; name: string; parentId?: string; id?: string; runtime?: string };
  moveWorkspace: { orgId: string; id: string; parentId: string };
  renameWorkspace: { orgId: string; id: string; name: string };
  removeWorkspace: { orgId: string; id: string; includeDescendants?: boolean };
  restoreWorkspace: { orgId: string; id: string };
  allowPlugin: { orgId: string; plugin: string; rootId?: string };
  disallowPlugin: { orgId: string; plugin: string; rootId?: string };
  setPluginPolicy: { orgId: string; policy: 'ALLOW_ALL' | 'ALLOW_LISTED'; rootId?: string };
  createApiToken: { orgId: string; name: string; rootId?: string; expiresAt?: string };
  revokeApiToken: { orgId: string; id: string };
  recordHeartbeat: { orgId: string; workspaceId: string; health?: Health };
  recordHeartbeats: { orgId: string; heartbeats: { workspaceId: string; health: Health }[] };
  reportProvisioning: { orgId: string; workspaceId: string; state: 'PROVISIONING' | 'FAILED' | 'OFFLINE' };
}

export type Health = 'HEALTHY' | 'DEGRADED';
export type Mutation = keyof Arguments;

/** A call of one of the mutations. */
export type Call = { [M in Mutation]: { readonly mutation: M; readonly args: Arguments[M] } }[Mutation];

/** What a client sees: the fields that matter, or the error's code with the ids beside it. */
export type Answer =
  | { readonly done: unknown }
  | { readonly refused: string; readonly ids: Readonly<Record<string, unknown>> };
