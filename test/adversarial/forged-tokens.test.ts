import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../contract/http-client.ts';
import { createTestApi, operatorToken } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { countTried } from '../support/effort.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { recordStatements } from '../support/statements.ts';
import { type RawAnswer, sendRaw } from './raw-http.ts';

const database = await createTestDatabase();
const api = createTestApi(database);
const victim = watchNeighbour(database);
const { port } = await serveOverHttp(api);

let orgId: string;
let token: string;
let invalid: Record<string, string>;
beforeAll(async () => {
  orgId = await insertOrganization(database);
  const rootId = await insertRoot(database, orgId);
  ({ token } = await insertToken(database, orgId, rootId));
  const removed = await insertRoot(database, orgId, { lifecycle: 'removed' });
  invalid = {
    revoked: (await insertToken(database, orgId, rootId, { revokedAt: '2026-01-01' })).token,
    expired: (await insertToken(database, orgId, rootId, { expiresAt: '2026-01-01' })).token,
    'of a removed root': (await insertToken(database, orgId, removed)).token,
  };
});

const body = JSON.stringify({ query: '{ viewer { kind organization { id } } }' });

/** Posts a query under these header lines, byte by byte as they stand. */
const post = (lines: readonly string[], path = '/graphql', sent = body): Promise<RawAnswer> =>
  sendRaw(port, [
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n`,
    ...lines.map((line) => `${line}\r\n`),
    `content-length: ${Buffer.byteLength(sent)}\r\n\r\n${sent}`,
  ]);

const authorization = (value: string) => [`authorization: ${value}`];

async function look(lines: readonly string[], ...rest: [path?: string, sent?: string]) {
  let answer: RawAnswer = { status: 0, head: '', body: '', text: '' };
  const statements = await recordStatements(async () => {
    answer = await post(lines, ...rest);
  });
  return { answer, statements };
}

test('the token itself is taken, whatever the case of its scheme', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    const { answer } = await look(authorization(`${scheme} ${token}`));
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toContain(orgId);
  }
});

const refusal =
  'Send a valid token in the header "Authorization: Bearer <token>". There is none, or it is unknown, revoked or expired.';

describe('is refused, in the same words', () => {
  const expectRefusal = ({ status, head, body: text }: RawAnswer, what: string) => {
    expect(status, what).toBe(401);
    expect(head.toLowerCase(), what).toContain('\r\nwww-authenticate: bearer\r\n');
    const { data = null, errors } = JSON.parse(text);
    expect({ data, errors }, what).toEqual({
      data: null,
      errors: [expect.objectContaining({ message: refusal, extensions: { code: 'UNAUTHENTICATED' } })],
    });
  };

  test('a token that is spliced, cut, lengthened or spelled otherwise', async () => {
    const secret = token.slice(41);
    const other = token.endsWith('A') ? 'B' : 'A';
    const forged: Record<string, string> = {
      'the secret under the id of another organization': `tap_${victim.orgId}_${secret}`,
      'the secret of another organization under its own id': `tap_${orgId}_${victim.token.slice(41)}`,
      'an id of an organization within the secret': `tap_${orgId}_${victim.orgId}`,
      'no secret': `tap_${orgId}_`,
      'no organization': `tap__${secret}`,
      'the prefix alone': token.slice(0, 49),
      'the prefix and another secret': `${token.slice(0, 49)}${other.repeat(35)}`,
      'all but its last character': token.slice(0, -1),
      'another last character': token.slice(0, -1) + other,
      'one character more': `${token}A`,
      'padding behind it': `${token}=`,
      'another case': token.toUpperCase(),
      'another case of the id': `tap_${orgId.toUpperCase()}_${secret}`,
      'another case of the secret': `tap_${orgId}_${secret.toLowerCase()}`,
      'another alphabet of base64': `tap_${orgId}_${'+/'.padEnd(43, 'A')}`,
      'quotes around it': `"${token}"`,
      'escapes of a URL': encodeURIComponent(token).replace('tap_', 'tap%5F'),
      'two of them': `${token} ${victim.token}`,
      'two of them, with a comma': `${token},${victim.token}`,
      'itself and a comma': `${token},`,
      'the operator token cut': operatorToken.slice(0, -1),
      'the operator token lengthened': `${operatorToken}x`,
      'the operator token in another case': operatorToken.toUpperCase(),
      wildcards: `tap_${orgId}_${'%'.repeat(43)}`,
      SQL: `tap_${orgId}_'or''='`,
      'a long one': `tap_${orgId}_${'x'.repeat(8_000)}`,
      ...invalid,
    };
    const bodies = new Set<string>();
    for (const [what, text] of Object.entries(forged)) {
      const { answer, statements } = await look(authorization(`Bearer ${text}`));
      expectRefusal(answer, what);
      bodies.add(answer.body);
      expect(statements.length, what).toBeLessThanOrEqual(1);
      countTried('hostile inputs');
    }
    expect(bodies.size).toBe(1);
  });

  test('a token under another scheme, in another place, or among others', async () => {
    const elsewhere: Record<string, readonly [lines: readonly string[], path?: string, sent?: string]> = {
      'no header': [[]],
      'an empty one': [authorization('')],
      'no scheme': [authorization(token)],
      'the scheme alone': [authorization('Bearer')],
      'the scheme twice': [authorization(`Bearer Bearer ${token}`)],
      'a comma behind the scheme': [authorization(`Bearer, ${token}`)],
      'an equals sign': [authorization(`Bearer=${token}`)],
      'a tab': [authorization(`Bearer\t${token}`)],
      'two schemes': [authorization(`Basic eA==, Bearer ${token}`)],
      Basic: [authorization(`Basic ${Buffer.from(`x:${token}`).toString('base64')}`)],
      Token: [authorization(`Token ${token}`)],
      'a scheme of other letters': [authorization(`B\u0435arer ${token}`)],
      'a token of other letters': [authorization(`Bearer t\u0430p_${token.slice(4)}`)],
      'a space of another kind': [authorization(`Bearer\u00a0${token}`)],
      'a cookie': [[`cookie: authorization=Bearer ${token}; token=${token}`]],
      'the query string': [[], `/graphql?token=${token}&authorization=Bearer%20${token}&access_token=${token}`],
      'the body': [
        [],
        '/graphql',
        JSON.stringify({ query: '{ viewer { kind } }', extensions: { token, authorization: `Bearer ${token}` } }),
      ],
      'headers of proxies': [
        [`proxy-authorization: Bearer ${token}`, `x-authorization: Bearer ${token}`, `x-forwarded-user: operator`],
      ],
    };
    for (const [what, [lines, path, sent]] of Object.entries(elsewhere)) {
      const { answer, statements } = await look(lines, path, sent);
      expectRefusal(answer, what);
      expect(statements, what).toEqual([]);
      countTried('hostile inputs');
    }
  });

  test('a header that is there twice, whichever of the two is valid', async () => {
    for (const pair of [
      [token, operatorToken],
      [operatorToken, token],
      [token, token],
      [token, ''],
      ['', token],
    ]) {
      const { answer, statements } = await look(pair.flatMap((text) => authorization(`Bearer ${text}`)));
      expectRefusal(answer, pair.join());
      expect(statements).toEqual([]);
      countTried('hostile inputs');
    }
  });
});

describe('before a request is one', () => {
  test.each([
    ['a NUL in the header', (text: string) => authorization(`Bearer ${text}\0`)],
    ['a control character in the header', (text: string) => authorization(`Bearer \u0001${text}`)],
    ['a folded header', (text: string) => ['authorization: Bearer', ` ${text}`]],
    ['a space before the colon', (text: string) => [`authorization : Bearer ${text}`]],
    ['a header of 100,000 bytes', (text: string) => authorization(`Bearer ${text}${'x'.repeat(100_000)}`)],
    [
      'headers without end',
      (text: string) => [...Array(5_000).fill('x-filler: 1'), ...authorization(`Bearer ${text}`)],
    ],
  ])('%s is refused by the parser of HTTP, or gives nobody a name', async (_, lines) => {
    const { answer, statements } = await look(lines(token));
    expect([400, 401, 431]).toContain(answer.status);
    expect(answer.body).not.toContain(orgId);
    expect(statements).toEqual([]);
    expect((await post(authorization(`Bearer ${token}`))).status).toBe(200);
    countTried('hostile inputs');
  });
});

describe('what is looked up to refuse a token', () => {
  let known: readonly string[];
  beforeEach(async () => {
    ({ statements: known } = await look(authorization(`Bearer tap_${crypto.randomUUID()}_${'x'.repeat(43)}`)));
  });

  test('is the same for an organization that is there as for one that is not, and for a secret that is close', async () => {
    expect(known).toHaveLength(1);
    for (const text of [
      `tap_${victim.orgId}_${token.slice(41)}`,
      `${victim.token.slice(0, 49)}${'x'.repeat(35)}`,
      ...Object.values(invalid),
    ]) {
      const { statements } = await look(authorization(`Bearer ${text}`));
      expect(statements).toEqual(known);
      countTried('hostile inputs');
    }
  });
});
