import { parse, validate } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { graphiqlKey, graphiqlOptions } from '../../src/graphql/graphiql.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { type HttpAnswer, serveOverHttp } from './http-client.ts';

const example = {
  orgId: '5f0c1b0e-2a51-4f9a-9c55-0d6f3c0f9a11',
  workspaceId: '0d6f3c0f-2a51-4f9a-9c55-5f0c1b0e9a11',
};
const api = createTestApi(await createTestDatabase());
const { send } = await serveOverHttp(api, { graphiql: { operatorToken, example } });
const closed = await serveOverHttp(api);

const html = { accept: 'text/html' };
const key = graphiqlKey(operatorToken);
const keyed = `http://localhost/graphql?key=${key}`;
const open = (query: string) => send(`/graphql${query}`, { headers: html });

let page: HttpAnswer;
beforeAll(async () => {
  page = await open(`?key=${key}`);
});

test('the page is served to browsers', () => {
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(page.body).toContain('<title>Taproot</title>');
});

test('the page loads nothing from elsewhere', () => {
  expect(page.body).toContain('<script');
  expect(findLoads(page.body)).toEqual([]);
  expect(page.body).not.toMatch(/\b(unpkg\.com|jsdelivr\.net|cdnjs\.|esm\.sh|fonts\.googleapis)/);

  const foreign = ['<script src="https://cdn.example/a.js"></script>', '<link href=//cdn.example/a.css>'];
  expect(findLoads(foreign.join(''))).toHaveLength(2);
  expect(findLoads('<style>@import "a.css"; a { background: url(http://a) }</style>')).toHaveLength(2);
});

/** What a browser would fetch for a page: all that its tags and styles refer to and do not hold themselves. */
function findLoads(body: string): string[] {
  const markup = body.replace(/(<(script|style)\b[^>]*>)[\s\S]*?(<\/\2>)/g, '$1$3');
  const tags = markup.match(/<(script|link|img|iframe|source|object|embed)\b[^>]*>/g) ?? [];
  const references = tags.flatMap((tag) => tag.match(/\s(?:src|href|data)\s*=\s*["']?[^"'\s>]{0,40}/g) ?? []);
  const styles = body.match(/<style\b[^>]*>[\s\S]*?<\/style>/g)?.join('') ?? '';
  const imports = styles.match(/@import[^;]{0,60}|url\(\s*["']?(?!data:|#)[^)]{0,60}/g) ?? [];
  return [...references.filter((reference) => !/=\s*["']?data:/.test(reference)), ...imports];
}

test('the token is filled in for the key, whatever else the address says', async () => {
  expect(page.body).toContain(operatorToken);
  expect((await open(`?query=${encodeURIComponent('{ me { name } }')}&key=${key}`)).body).toContain(operatorToken);
});

test.each([
  ['no key', ''],
  ['an empty key', '?key='],
  ['the start of the key', `?key=${key.slice(0, -1)}`],
  ['more than the key', `?key=${key}0`],
  ['the key in capitals', `?key=${key.toUpperCase()}`],
  ['the key of another token', `?key=${graphiqlKey(`${operatorToken}-of-another-server`)}`],
  ['the key by another name', `?Key=${key}&token=${key}`],
])('with %s, the header says where to put a token', async (_, query) => {
  const { status, body } = await open(query);
  expect(status).toBe(200);
  expect(body).toContain('Bearer <token>');
  expect(body).not.toContain(operatorToken);
  expect(body).not.toContain(key);
});

test('what a proxy of this machine passes on is no reason to fill in the token', async () => {
  for (const host of ['localhost:4000', '127.0.0.1:4000', '[::1]:4000']) {
    expect((await send('/graphql', { headers: { ...html, host } })).body, host).not.toContain(operatorToken);
  }
});

test('the key is the same from start to start, and another for another token', () => {
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(graphiqlKey(operatorToken)).toBe(key);
  expect(graphiqlKey(`${operatorToken}2`)).not.toBe(key);
});

test('without a token to show, no key fills one in', () => {
  expect(graphiqlOptions({}, keyed).headers).toContain('Bearer <token>');
});

test('the page is kept from caches, from other sites and from their frames', async () => {
  const protection = {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  };
  expect(page.headers).toMatchObject(protection);
  expect((await open('')).headers).toMatchObject(protection);
});

test('every example is valid against the schema, and names the organization of the demo', () => {
  const tabs = graphiqlOptions({ operatorToken, example }, keyed).defaultTabs ?? [];
  expect(tabs.length).toBeGreaterThan(0);
  for (const { query = '', variables } of tabs) {
    expect(validate(schema, parse(query ?? ''))).toEqual([]);
    const { orgId = example.orgId } = JSON.parse(variables ?? '{}');
    expect(orgId).toBe(example.orgId);
  }
});

test('where it is switched off, there is no page', async () => {
  const { status, body } = await closed.send('/graphql', { headers: html });
  expect(status).toBe(406);
  expect(body).toBe('');
});
