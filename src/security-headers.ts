import type { ServerResponse } from 'node:http';

/**
 * What every answer bears unless it says otherwise: it is what it says it is, stays out of caches, other sites and their
 * frames, and is no page that may load or run anything. Those that are pages have a policy of their own.
 */
const securityHeaders = new Map([
  ['content-security-policy', `default-src 'none'; frame-ancestors 'none'`],
  ['cache-control', 'no-store'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
]);

/** Puts the headers on a response before anybody answers. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeaders(securityHeaders);
}

/** The policy of a page that loads from its own server alone, and takes besides what it says. */
export function pagePolicy(allowed: Readonly<Record<string, string>>): string {
  const rules = {
    'default-src': `'none'`,
    ...allowed,
    'connect-src': `'self'`,
    'base-uri': `'none'`,
    'form-action': `'none'`,
    'frame-ancestors': `'none'`,
  };
  return Object.entries(rules)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ');
}
