import { createApiToken, revokeApiToken } from '../../src/tokens/api-tokens.ts';
import { createTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { asInserted, asInstalled, but, plus } from './acme.ts';
import { attempt, mutations, write } from './calls.ts';
import { watchDeadlocks } from './interleaving.ts';
import { testRival } from './rivals.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const api = createTestApi(database);
watchNeighbour(database);

const foreignWriter = await database.connect();
const actor = 'operator';

testRival(database, api, {
  title: 'createApiToken on an old root',
  run: (tx, { orgId, alpha }) => createApiToken(tx, { orgId, name: 'fresh', rootId: alpha, actor }),
  call: ({ orgId, alpha }) => attempt(api, mutations.createToken, { orgId, name: 'fresh', rootId: alpha }),
  event: 'api_token.created',
  alone: plus(asInserted, { tokens: ['fresh on Alpha'] }),
  beforeInstall: plus(asInstalled, { tokens: ['fresh on Acme Agent'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: ({ agentId, alpha }) => ({ code: 'BAD_USER_INPUT', workspaceId: alpha, rootId: agentId }),
});

testRival(database, api, {
  title: 'revokeApiToken',
  run: (tx, { orgId, alphaToken }) => revokeApiToken(tx, { orgId, id: alphaToken, actor }),
  call: ({ orgId, alphaToken }) => attempt(api, mutations.revokeToken, { orgId, id: alphaToken }),
  event: 'api_token.revoked',
  alone: but(asInserted, { 'alpha on Alpha': 'alpha on Alpha (revoked)' }),
  beforeInstall: but(asInstalled, { 'alpha on Acme Agent': 'alpha on Acme Agent (revoked)' }),
  afterInstall: but(asInstalled, { 'alpha on Acme Agent': 'alpha on Acme Agent (revoked)' }),
});

testRival(database, api, {
  title: 'a token that a foreign writer anchors to an old root',
  run: (tx, { orgId, beta }) => tx.$executeRaw`
    insert into org_api_tokens (org_id, root_id, name, prefix, token_hash, created_by)
    values (${orgId}::uuid, ${beta}::uuid, 'fresh', 'tap_', sha256('fresh'), 'eve')`,
  call: ({ orgId, beta }) =>
    write(
      foreignWriter,
      `insert into org_api_tokens (org_id, root_id, name, prefix, token_hash, created_by)
       values ($1, $2, 'fresh', 'tap_', sha256('fresh'), 'eve')`,
      [orgId, beta],
    ),
  alone: plus(asInserted, { tokens: ['fresh on Beta'] }),
  beforeInstall: plus(asInstalled, { tokens: ['fresh on Acme Agent'] }),
  afterInstall: asInstalled,
  refusedAfterInstall: () => ({ code: '23503', constraint: 'org_api_tokens_root_fkey' }),
});
