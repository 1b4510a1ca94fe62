import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { beforeAll, expect, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/domain-error.ts';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import {
  AllowPluginDocument,
  CreateOrganizationDocument,
  CreateWorkspaceDocument,
  InstallPlatformAgentDocument,
  MoveWorkspaceDocument,
  OrganizationsDocument,
  RecordHeartbeatDocument,
  RemoveWorkspaceDocument,
  RevokeApiTokenDocument,
  ViewerDocument,
  WorkspaceDocument,
} from '../generated/documents.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import type { Answer } from '../support/api-client.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  insertOrganization,
  insertPlatformAgent,
  insertRoot,
  insertToken,
  insertWorkspace,
} from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { snapshotOrganization } from '../support/snapshot.ts';

const database = await createTestDatabase();
watchNeighbour(database);
const api = createTestApi(database);
const impatientApi = createTestApi(database, { lockTimeoutMs: 100 });
const nowhere = new URL(database.url);
nowhere.port = '1';
const orphanedApi = createTestApi(database, { url: nowhere.href });

/** One organization with two roots, and one that is installed. */
const open = randomUUID();
const closed = randomUUID();
const agentId = platformAgentId(closed);
const alpha = randomUUID();
const beta = randomUUID();
const child = randomUUID();
const removed = randomUUID();
const branch = randomUUID();
const unknown = randomUUID();
let token: string;
beforeAll(async () => {
  await insertOrganization(database, { id: open, name: 'Open' });
  await insertRoot(database, open, { id: alpha, name: 'Open Agent' });
  await insertRoot(database, open, { id: beta, name: 'Beta' });
  await insertWorkspace(database, open, { id: child, parentId: alpha, name: 'Child' });
  await insertWorkspace(database, open, { id: removed, parentId: alpha, lifecycle: 'removed' });
  ({ token } = await insertToken(database, open, alpha));
  // Its first use in a minute is noted, and is none of what the tests look for.
  await api.expectData(ViewerDocument, {}, token);
  await insertOrganization(database, { id: closed, name: 'Closed', openRoots: false });
  await insertPlatformAgent(database, closed);
  await insertWorkspace(database, closed, { id: branch, parentId: agentId });
});

type Refusal = [details: object, attempt: () => Promise<Answer<unknown>>];

function send<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  options: { as?: string | null; via?: TestApi } = {},
): Promise<Answer<Data>> {
  return (options.via ?? api).execute(document, variables, options.as);
}

const refusals: Record<ErrorCode, Refusal> = {
  UNAUTHENTICATED: [{}, () => send(ViewerDocument, {}, { as: null })],
  FORBIDDEN: [{}, () => send(CreateOrganizationDocument, { name: 'Mine' }, { as: token })],
  BAD_USER_INPUT: [
    { problems: [{ argument: 'orgId', problem: expect.stringContaining('UUID') }] },
    () => send(InstallPlatformAgentDocument, { orgId: 'no-uuid' }),
  ],
  ORGANIZATION_NOT_FOUND: [{ orgId: unknown }, () => send(InstallPlatformAgentDocument, { orgId: unknown })],
  WORKSPACE_NOT_FOUND: [
    { orgId: open, workspaceId: unknown },
    () => send(RecordHeartbeatDocument, { orgId: open, workspaceId: unknown }),
  ],
  API_TOKEN_NOT_FOUND: [
    { orgId: open, apiTokenId: unknown },
    () => send(RevokeApiTokenDocument, { orgId: open, id: unknown }),
  ],
  NAME_CONFLICT: [
    { name: 'Open Agent', workspaceId: alpha },
    () => send(InstallPlatformAgentDocument, { orgId: open }),
  ],
  ALREADY_EXISTS: [
    { id: alpha, name: 'Open Agent' },
    () => send(CreateWorkspaceDocument, { orgId: open, id: alpha, name: 'Something else' }),
  ],
  AMBIGUOUS_ROOT: [
    { orgId: open, rootCount: 2, rootIds: expect.arrayContaining([alpha, beta]) },
    () => send(AllowPluginDocument, { orgId: open, plugin: 'search' }),
  ],
  HAS_CHILDREN: [{ workspaceId: alpha, children: 1 }, () => send(RemoveWorkspaceDocument, { orgId: open, id: alpha })],
  WOULD_CYCLE: [
    { workspaceId: alpha, parentId: child },
    () => send(MoveWorkspaceDocument, { orgId: open, id: alpha, parentId: child }),
  ],
  WORKSPACE_REMOVED: [
    { workspaceId: removed },
    () => send(RecordHeartbeatDocument, { orgId: open, workspaceId: removed }),
  ],
  PLATFORM_AGENT_IMMOVABLE: [
    { workspaceId: agentId },
    () => send(MoveWorkspaceDocument, { orgId: closed, id: agentId, parentId: branch }),
  ],
  LIMIT_EXCEEDED: [{ argument: 'first', limit: 100 }, () => send(OrganizationsDocument, { first: 101 })],
  LOCK_TIMEOUT: [
    { retryable: true },
    async () => {
      const holder = await database.connect();
      await holder.query('begin');
      await holder.query('select from organizations where id = $1 for update', [open]);
      const answer = await send(CreateWorkspaceDocument, { orgId: open, name: 'Late' }, { via: impatientApi });
      await holder.query('rollback');
      return answer;
    },
  ],
  SERVICE_UNAVAILABLE: [
    { retryable: true },
    () => send(WorkspaceDocument, { orgId: open, id: unknown }, { via: orphanedApi }),
  ],
};

const httpStatus: Partial<Record<ErrorCode, number>> = { UNAUTHENTICATED: 401, SERVICE_UNAVAILABLE: 503 };
/** What a message must not give away. */
const internals = /prisma|postgres|sql|constraint|_fkey|_uniq|node_modules/i;

test.each(errorCodes)('%s tells a program what to do, and changes nothing', async (code) => {
  const [details, attempt] = refusals[code];
  const before = [await snapshotOrganization(database, open), await snapshotOrganization(database, closed)];
  const answer = await attempt();
  expect(answer.status).toBe(httpStatus[code] ?? 200);
  expect(answer.errors).toHaveLength(1);
  const [error] = answer.errors ?? [];
  expect(error?.extensions).toMatchObject({ ...details, code });
  expect(error?.extensions['retryable'] === true).toBe(code === 'LOCK_TIMEOUT' || code === 'SERVICE_UNAVAILABLE');
  expect(error?.message).toMatch(/^\S.+\.$/);
  expect(error?.message).not.toMatch(internals);
  expect(answer.data ?? null).toSatisfy(
    (data) => data === null || Object.values(data).every((value) => value === null),
  );
  const after = [await snapshotOrganization(database, open), await snapshotOrganization(database, closed)];
  expect(after).toEqual(before);
});

test('what is unexpected is masked, and found in the log by the request id that the client is given', async () => {
  await database.query('alter view workspace_states rename column status to renamed');
  const answer = await send(WorkspaceDocument, { orgId: open, id: alpha });
  await database.query('alter view workspace_states rename column renamed to status');
  expect(answer.errors).toEqual([
    expect.objectContaining({
      message: `Something went wrong on our side. Report it with the request id ${answer.requestId}.`,
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.requestId },
    }),
  ]);
  expect(JSON.stringify(answer)).not.toMatch(/workspace_states|renamed/);
  expect(api.logged).toContainEqual(expect.objectContaining({ level: 'error', requestId: answer.requestId }));
});
