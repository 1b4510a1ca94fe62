import { parse, validate } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { graphiqlOptions } from '../../src/graphql/graphiql.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { type HttpAnswer, outerAddresses, serveOverHttp } from './http-client.ts';

const exampleOrgId = '5f0c1b0e-2a51-4f9a-9c55-0d6f3c0f9a11';
const api = createTestApi(await createTestDatabase());
const { send, port } = await serveOverHttp(api, { operatorToken, exampleOrgId });
const closed = await serveOverHttp(api);

const html = { accept: 'text/html' };
const open = (host: string, address?: string) =>
  send('/graphql', { headers: { ...html, host: `${host}:${port}` }, ...(address !== undefined && { address }) });

let page: HttpAnswer;
beforeAll(async () => {
  page = await open('localhost');
});

test('the page is served to browsers, also to those that open the bare address', async () => {
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
  expect(page.body).toContain('<title>Taproot</title>');
  expect(await send('/', { headers: html })).toMatchObject({ status: 302, headers: { location: '/graphql' } });
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

test.each(['localhost', '127.0.0.1', '[::1]'])(
  'the token is filled in for this machine, by its name %s',
  async (host) => {
    expect((await open(host)).body).toContain(operatorToken);
  },
);

test.each(['taproot.example', 'localhost.example', '10.0.0.1'])(
  'the token is not shown under the name %s',
  async (host) => {
    const { status, body } = await open(host);
    expect(status).toBe(200);
    expect(body).not.toContain(operatorToken);
  },
);

test('the token is not shown to another machine, whatever name it sends', async () => {
  for (const address of outerAddresses()) {
    expect((await open('localhost', address)).body, address).not.toContain(operatorToken);
  }
  expect(JSON.stringify(graphiqlOptions({ operatorToken }, false))).not.toContain(operatorToken);
});

test('without a token to show, the header says where to put one', () => {
  expect(graphiqlOptions({}, true).headers).toContain('Bearer <token>');
});

test('every example is valid against the schema, and names the organization of the demo', () => {
  const tabs = graphiqlOptions({ operatorToken, exampleOrgId }, true).defaultTabs ?? [];
  expect(tabs.length).toBeGreaterThan(0);
  for (const { query = '', variables } of tabs) {
    expect(validate(schema, parse(query ?? ''))).toEqual([]);
    const { orgId = exampleOrgId } = JSON.parse(variables ?? '{}');
    expect(orgId).toBe(exampleOrgId);
  }
});

test('where it is switched off, there is no page', async () => {
  const { status, body } = await closed.send('/graphql', { headers: html });
  expect(status).toBe(406);
  expect(body).toBe('');
});
