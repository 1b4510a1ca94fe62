import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { packageRoot } from './database/migrations/package-root.ts';
import type { RequestHandler } from './http-server.ts';
import { servedPaths } from './paths.ts';
import { pagePolicy } from './security-headers.ts';

/** The console is not where the build puts it. */
export class ConsoleMissingError extends Error {
  override name = 'ConsoleMissingError';

  constructor(cause: unknown) {
    super(`The console is not built: ${directory} cannot be read. Run \`npm run build\`.`, { cause });
  }
}

const directory = join(packageRoot(), 'dist', 'console');

/** The addresses that are pages of the console. */
const pages = /^\/(organizations\/.*)?$/;
/** What the build leaves in the page for the nonce of the response. */
const noncePlaceholder = '__CSP_NONCE__';

/**
 * Serves the console, which tells a browser that opens any other address that there is nothing, and leaves all else to `next`. The names of its files change with their content, so that
 * they may be kept for ever; the page that names them is asked for every time.
 *
 * @throws {ConsoleMissingError} when it has not been built
 */
export function serveConsole(next: RequestHandler): RequestHandler {
  const page = readPage();
  const files = sirv(directory, {
    extensions: [],
    brotli: true,
    gzip: true,
    setHeaders(response, pathname) {
      const forEver = 'public, max-age=31536000, immutable';
      response.setHeader('cache-control', pathname.startsWith('/assets/') ? forEver : 'no-cache');
    },
  });
  return (request, response) => {
    const pathname = pathOf(request);
    if ((request.method !== 'GET' && request.method !== 'HEAD') || servedPaths.has(pathname))
      return next(request, response);
    if (pages.test(pathname)) return sendPage(response, page, 200);
    if (pathname === '/index.html') return sendPage(response, page, 404);
    return files(request, response, () => {
      if (request.headers.accept?.includes('text/html')) return sendPage(response, page, 404);
      return next(request, response);
    });
  };
}

function readPage(): string {
  try {
    return readFileSync(join(directory, 'index.html'), 'utf8');
  } catch (error) {
    throw new ConsoleMissingError(error);
  }
}

/** The page loads nothing from elsewhere, runs no script but its own, and is shown in no other site's frame. */
function sendPage(response: ServerResponse, page: string, status: number): void {
  const nonce = randomBytes(16).toString('base64');
  const policy = pagePolicy({
    'script-src': `'self'`,
    'style-src': `'self' 'nonce-${nonce}'`,
    'font-src': `'self'`,
    'img-src': `'self' data:`,
  });
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
  response.end(page.replace(noncePlaceholder, nonce));
}

/** The path without the query; empty for what is no URL, which no file has for its name. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? '';
}
