import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serveConsole } from '../../src/console-server.ts';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { compileServer } from '../support/server-process.ts';

await compileServer();
const database = await createTestDatabase();
const { send } = await serveOverHttp(createTestApi(database), { graphiql: { operatorToken }, front: serveConsole });

const script = readdirSync('dist/console/assets').find((name) => name.endsWith('.js'));
const authorization = { authorization: `Bearer ${operatorToken}` };
const json = { ...authorization, 'content-type': 'application/json' };
const html = { accept: 'text/html' };
const body = JSON.stringify({ query: '{ viewer { kind } }' });

const everywhere = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const noPage = `default-src 'none'; frame-ancestors 'none'`;

test.each([
  ['an answer', 200, '/graphql', { headers: json, body }],
  ['a query by GET', 200, '/graphql?query={viewer{kind}}', { headers: authorization }],
  ['a stranger’s refusal', 401, '/graphql', { headers: { 'content-type': 'application/json' }, body }],
  ['what any page could send', 403, '/graphql?query={viewer{kind}}', {}],
  ['what cannot be parsed', 400, '/graphql', { headers: json, body: '{' }],
  ['a body that is too large', 413, '/graphql', { headers: json, body: `"${'x'.repeat(2_000_000)}"` }],
  ['another method', 405, '/graphql', { headers: json, body, method: 'PUT' }],
  ['health', 200, '/health', {}],
  ['readiness', 200, '/ready', {}],
  ['an address that leads nowhere', 404, '/nowhere', {}],
  ['a file that is not there', 404, '/assets/none.js', {}],
])('%s is no page, and stays out of caches, frames and other sites', async (_, status, path, request) => {
  const answer = await send(path, request);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({
    ...everywhere,
    'content-security-policy': noPage,
    'cache-control': 'no-store',
  });
});

test.each([
  ['the console', '/', {}],
  ['an address that leads nowhere, in a browser', '/nowhere', { headers: html }],
])('%s is a page that runs no script but those of its own files', async (_, path, request) => {
  const { headers } = await send(path, request);
  expect(headers).toMatchObject({ ...everywhere, 'cache-control': 'no-store' });
  const policy = policyOf(headers);
  expect(policy).toMatchObject({ 'default-src': `'none'`, 'script-src': `'self'`, 'frame-ancestors': `'none'` });
  expect(JSON.stringify(policy)).not.toContain('unsafe');
});

test('GraphiQL is a page that runs no script but its own, asks no other server, and stands in no frame', async () => {
  const [first, second] = [await send('/graphql', { headers: html }), await send('/graphql', { headers: html })];
  expect(first.headers).toMatchObject({ ...everywhere, 'cache-control': 'no-store' });
  const policy = policyOf(first.headers);
  expect(policy).toMatchObject({
    'default-src': `'none'`,
    'connect-src': `'self'`,
    'base-uri': `'none'`,
    'form-action': `'none'`,
    'frame-ancestors': `'none'`,
  });
  const nonce = /^'nonce-([^']+)'$/.exec(policy['script-src'] ?? '')?.[1];
  expect(first.body).toContain(`<script nonce="${nonce}">`);
  expect(second.body).not.toContain(String(nonce));
});

test('the files of the console are kept for ever, and are no pages', async () => {
  const { status, headers } = await send(`/assets/${script}`);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    ...everywhere,
    'content-security-policy': noPage,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  expect((await send('/favicon.svg')).headers).toMatchObject({ ...everywhere, 'cache-control': 'no-cache' });
});

function policyOf(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const rules = String(headers['content-security-policy']).split('; ');
  return Object.fromEntries(rules.map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]));
}
