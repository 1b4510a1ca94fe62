import type pg from 'pg';
import type { Answer, ApiClient } from '../support/api-client.ts';
import { expectNoLeak } from '../support/leaks.ts';
import type { Acme } from './acme.ts';

/** The structural mutations, as a client calls them. */
export const mutations = {
  install: `mutation ($orgId: ID!, $name: String) {
    installPlatformAgent(orgId: $orgId, name: $name) { id name kind status }
  }`,
  create: `mutation ($orgId: ID!, $name: String!, $parentId: ID) {
    createWorkspace(orgId: $orgId, name: $name, parentId: $parentId) { id parent { id } }
  }`,
  move: `mutation ($orgId: ID!, $id: ID!, $parentId: ID!) {
    moveWorkspace(orgId: $orgId, id: $id, parentId: $parentId) { id parent { id } }
  }`,
  rename: `mutation ($orgId: ID!, $id: ID!, $name: String!) {
    renameWorkspace(orgId: $orgId, id: $id, name: $name) { id name }
  }`,
  remove: `mutation ($orgId: ID!, $id: ID!, $all: Boolean) {
    removeWorkspace(orgId: $orgId, id: $id, includeDescendants: $all) { id status }
  }`,
  restore: `mutation ($orgId: ID!, $id: ID!) {
    restoreWorkspace(orgId: $orgId, id: $id) { id status }
  }`,
  allow: `mutation ($orgId: ID!, $plugin: String!, $rootId: ID) {
    allowPlugin(orgId: $orgId, plugin: $plugin, rootId: $rootId) { plugin root { id } }
  }`,
  disallow: `mutation ($orgId: ID!, $plugin: String!, $rootId: ID) {
    disallowPlugin(orgId: $orgId, plugin: $plugin, rootId: $rootId)
  }`,
  setPolicy: `mutation ($orgId: ID!, $policy: PluginPolicy!, $rootId: ID) {
    setPluginPolicy(orgId: $orgId, policy: $policy, rootId: $rootId) { id pluginPolicy }
  }`,
  createToken: `mutation ($orgId: ID!, $name: String!, $rootId: ID) {
    createApiToken(orgId: $orgId, name: $name, rootId: $rootId) { apiToken { id root { id } } }
  }`,
  revokeToken: `mutation ($orgId: ID!, $id: ID!) {
    revokeApiToken(orgId: $orgId, id: $id) { id revokedAt }
  }`,
} as const;

/** The mutations that no install may hold up. */
export const heartbeats = {
  one: `mutation ($orgId: ID!, $id: ID!) {
    recordHeartbeat(orgId: $orgId, workspaceId: $id) { id status }
  }`,
  many: `mutation ($orgId: ID!, $beats: [HeartbeatInput!]!) {
    recordHeartbeats(orgId: $orgId, heartbeats: $beats)
  }`,
  report: `mutation ($orgId: ID!, $id: ID!, $state: ProvisioningState!) {
    reportProvisioning(orgId: $orgId, workspaceId: $id, state: $state) { id status }
  }`,
} as const;

/** The extensions of the error that a call was answered with, or `done`. */
export type Outcome = 'done' | (Readonly<Record<string, unknown>> & { readonly code: string });

/** Calls the API, and expects that the answer shows nothing of what went on in the database. */
export async function call<Data = unknown>(
  api: ApiClient,
  document: string,
  variables: Record<string, unknown>,
): Promise<Answer<Data>> {
  const answer = await api.execute<Data>(document, variables);
  expectNoLeak(answer.errors);
  return answer;
}

/** As `call`, for those who want to know how it went and not what was answered. */
export async function attempt(api: ApiClient, document: string, variables: Record<string, unknown>): Promise<Outcome> {
  const { errors } = await call(api, document, variables);
  return errors?.[0]?.extensions ?? 'done';
}

/** As `attempt`, for a foreign writer, who is told the constraint that refused it. */
export async function write(client: pg.ClientBase, sql: string, values: unknown[]): Promise<Outcome> {
  return client.query(sql, values).then(
    () => 'done',
    ({ code, constraint }) => ({ code, constraint }),
  );
}

/** Every structural change there is, by its mutation's name, each possible in the organization as it was inserted. */
export function everyChange({ orgId, alpha, beta, worker, gone, betaToken }: Acme) {
  return {
    createWorkspace: [mutations.create, { orgId, name: 'Gamma' }],
    renameWorkspace: [mutations.rename, { orgId, id: alpha, name: 'Aleph' }],
    moveWorkspace: [mutations.move, { orgId, id: worker, parentId: beta }],
    allowPlugin: [mutations.allow, { orgId, plugin: 'mail', rootId: alpha }],
    disallowPlugin: [mutations.disallow, { orgId, plugin: 'browser', rootId: alpha }],
    setPluginPolicy: [mutations.setPolicy, { orgId, policy: 'ALLOW_LISTED', rootId: beta }],
    createApiToken: [mutations.createToken, { orgId, name: 'fresh', rootId: alpha }],
    revokeApiToken: [mutations.revokeToken, { orgId, id: betaToken }],
    removeWorkspace: [mutations.remove, { orgId, id: worker }],
    restoreWorkspace: [mutations.restore, { orgId, id: gone }],
    installPlatformAgent: [mutations.install, { orgId }],
  } as const;
}
