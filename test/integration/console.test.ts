import { readdirSync, statSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { serveConsole } from '../../src/console-server.ts';
import { listen } from '../../src/http-server.ts';
import { createLogger } from '../../src/logger.ts';

const api = serveConsole((_, response) => {
  response.writeHead(418).end('the API');
});
const server = await listen(api, {
  host: '127.0.0.1',
  port: 0,
  requestTimeoutMs: 30_000,
  log: createLogger('silent'),
});
afterAll(() => server.close(0));

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks for a path just as it is: `fetch` would tidy it up. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = new URL(server.url);
  return new Promise((resolvePromise, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text) => (body += text));
      response.on('end', () => resolvePromise({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const html = { accept: 'text/html,application/xhtml+xml' };
const assets = resolve('dist/console/assets');
const script = readdirSync(assets).find((name) => name.endsWith('.js')) ?? '';

test.each(['/', '/?from=bookmark', '/organizations/11111111-1111-4111-8111-111111111111', '/organizations/x/tokens'])(
  '%s is the page of the console',
  async (path) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toContain(`/assets/${script}`);
  },
);

test('the page runs no script but its own, takes styles by a nonce of each answer, and stands in no frame', async () => {
  const [first, second] = await Promise.all([ask('/'), ask('/')]);
  const policy = String(first.headers['content-security-policy']);
  expect(policy).toContain(`default-src 'none'; script-src 'self';`);
  expect(policy).toContain(`frame-ancestors 'none'`);
  expect(policy).not.toContain('unsafe');
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  expect(first.body).toContain(`<meta name="csp-nonce" content="${nonce}">`);
  expect(second.body).not.toContain(String(nonce));
  expect(first.headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
});

test('files come compressed to those who read that, and may be kept for ever', async () => {
  const plain = await ask(`/assets/${script}`);
  const gzip = await ask(`/assets/${script}`, { 'accept-encoding': 'gzip' });
  const brotli = await ask(`/assets/${script}`, { 'accept-encoding': 'gzip, br' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(brotli.headers['content-encoding']).toBe('br');
  for (const { status, headers } of [plain, gzip, brotli]) {
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
  }
});

test('all JavaScript of the console together is at most 250 kB, compressed', () => {
  const sizes = readdirSync(assets)
    .filter((name) => name.endsWith('.js.gz'))
    .map((name) => statSync(resolve(assets, name)).size);
  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250_000);
});

test('an address that leads nowhere is the page for a browser, and the API’s to answer for all others', async () => {
  expect(await ask('/no/such/page', html)).toMatchObject({ status: 404, body: expect.stringContaining(script) });
  expect(await ask('/no/such/page')).toMatchObject({ status: 418 });
  expect(await ask('/assets/none.js')).toMatchObject({ status: 418 });
});

test('the page is not to be had without its policy', async () => {
  const { status, headers } = await ask('/index.html');
  expect(status).toBe(404);
  expect(headers['content-security-policy']).toContain('nonce-');
  expect(await ask('/index')).toMatchObject({ status: 418 });
});

test.each(['/graphql', '/graphql?query={x}', '/health', '/ready'])('%s is left to the API', async (path) => {
  expect(await ask(path, html)).toMatchObject({ status: 418, body: 'the API' });
});

test('what is not asked for but sent is left to the API', async () => {
  expect(await ask('/', {}, 'POST')).toMatchObject({ status: 418 });
});

test('a HEAD request gets the headers alone', async () => {
  expect(await ask('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
});

test.each(['/../package.json', '/assets/../../../package.json', '/%2e%2e/package.json'])(
  '%s is refused before anybody looks for a file',
  async (path) => {
    expect(await ask(path)).toMatchObject({ status: 400 });
  },
);

test.each(['/..%2fpackage.json', '/.inputs', '/%00', '/%'])('%s leads to no file', async (path) => {
  expect(await ask(path)).toMatchObject({ status: 418 });
});
