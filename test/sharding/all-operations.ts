import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { expect } from 'vitest';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { findUnexecuted, operationNames, readAllOperations } from '../contract/operations.ts';
import * as all from '../generated/documents.ts';
import type { ApiClient } from '../support/api-client.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertRoot } from '../support/fixtures.ts';

/** Milliseconds that a test which runs all of them may take, on a machine that has much else to do. */
export const allOperationsTimeout = 90_000;

/**
 * Runs every operation of `test/contract/operations`, as the operator and, where it reads, with an organization's token,
 * and its pages in both directions. Fails when one was left out.
 */
export async function runAllOperations(api: ApiClient, database: TestDatabase): Promise<void> {
  const executed = new Set<string>();
  async function run<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string,
  ) {
    for (const name of operationNames(document)) executed.add(name);
    return api.expectData(document, variables, token);
  }

  const orgId = randomUUID();
  const agentId = platformAgentId(orgId);
  await run(all.CreateOrganizationDocument, { id: orgId, name: 'Acme' });
  const rootId = await insertRoot(database, orgId, { name: 'Alpha' });
  await insertRoot(database, orgId, { name: 'Beta' });
  await run(all.AllowPluginDocument, { orgId, rootId, plugin: 'search' });
  await run(all.AllowPluginDocument, { orgId, rootId, plugin: 'browser' });
  await run(all.DisallowPluginDocument, { orgId, rootId, plugin: 'browser' });
  await run(all.SetPluginPolicyDocument, { orgId, rootId, policy: 'ALLOW_LISTED' });
  const { createApiToken } = await run(all.CreateApiTokenDocument, { orgId, rootId, name: 'CI' });
  const { token } = createApiToken;
  for (let time = 0; time < 2; time++) {
    await run(all.PlatformAgentPreviewDocument, { orgId });
    await run(all.InstallPlatformAgentDocument, { orgId });
  }

  const { createWorkspace } = await run(all.CreateWorkspaceDocument, { orgId, name: 'Worker', parentId: rootId });
  const { id } = createWorkspace;
  await run(all.RecordHeartbeatDocument, { orgId, workspaceId: id });
  await run(all.RecordHeartbeatsDocument, { orgId, heartbeats: [{ workspaceId: id }, { workspaceId: rootId }] }, token);
  await run(all.ReportProvisioningDocument, { orgId, workspaceId: id, state: 'PROVISIONING' });
  await run(all.PluginAllowedDocument, { orgId, workspaceId: id, plugin: 'search' });
  await run(all.RenameWorkspaceDocument, { orgId, id, name: 'Renamed' });
  await run(all.MoveWorkspaceDocument, { orgId, id, parentId: agentId });
  await run(all.RemoveWorkspaceDocument, { orgId, id: rootId, includeDescendants: true });
  await run(all.RestoreWorkspaceDocument, { orgId, id: rootId });

  for (const caller of [undefined, token]) {
    await run(all.ViewerDocument, {}, caller);
    await run(all.OrganizationOverviewDocument, { id: orgId }, caller);
    await run(all.PlatformAgentDocument, { orgId }, caller);
    await run(all.WorkspaceDocument, { orgId, id }, caller);
    await run(all.WorkspaceDescendantsDocument, { orgId, id: agentId }, caller);
    await turnPages(
      (at) => run(all.OrganizationsDocument, at, caller),
      ({ organizations }) => organizations,
    );
  }
  for (const filter of [{ search: 'cm' }, { installed: true, search: 'cm' }]) {
    const ask = (at: At) => run(all.OrganizationsDocument, { ...filter, ...at });
    await turnPages(ask, ({ organizations }) => organizations);
  }
  for (const filter of [{}, { status: ['OFFLINE', 'ONLINE'], kind: 'WORKSPACE' }] satisfies Filter[]) {
    const ask = (at: At) => run(all.OrganizationWorkspacesDocument, { id: orgId, ...filter, ...at });
    await turnPages(ask, ({ organization }) => organization?.workspaces);
  }
  for (const includeRemoved of [true, false]) {
    const list = { orgId, id: agentId, includeRemoved };
    const askWorkspace = (at: At) => run(all.WorkspaceChildrenDocument, { ...list, ...at });
    await turnPages(askWorkspace, ({ workspace }) => workspace?.children);
    const askAgent = (at: At) => run(all.PlatformAgentChildrenDocument, { ...list, ...at });
    await turnPages(askAgent, ({ platformAgent }) => platformAgent?.children);
  }
  const askEvents = (at: At) => run(all.OrganizationEventsDocument, { id: orgId, ...at });
  await turnPages(askEvents, ({ organization }) => organization?.events);

  for (const caller of [undefined, token]) {
    const subscription = await api.subscribe(all.FollowOrganizationDocument, { orgId, after: '0-1' }, caller);
    for (const name of operationNames(all.FollowOrganizationDocument)) executed.add(name);
    expect(await subscription.next()).not.toHaveProperty('errors');
    await subscription.close();
  }
  await run(all.RevokeApiTokenDocument, { orgId, id: createApiToken.apiToken.id });
  expect(findUnexecuted(readAllOperations(), executed), 'operations that are not run').toEqual([]);
}

type Filter = Omit<all.OrganizationWorkspacesQueryVariables, 'id'>;

interface At {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

interface Page {
  readonly pageInfo: { readonly endCursor?: string | null; readonly startCursor?: string | null };
}

/** Asks for the first two pages of a list, and for the last two. */
async function turnPages<Data>(ask: (at: At) => Promise<Data>, listOf: (data: Data) => Page | null | undefined) {
  const after = listOf(await ask({ first: 1 }))?.pageInfo.endCursor;
  if (after) await ask({ first: 1, after });
  const before = listOf(await ask({ last: 1 }))?.pageInfo.startCursor;
  if (before) await ask({ last: 1, before });
}
