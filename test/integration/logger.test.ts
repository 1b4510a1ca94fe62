import { expect, test } from 'vitest';
import { createLogger, requestContext } from '../../src/logger.ts';

function collect() {
  const entries: Record<string, unknown>[] = [];
  return { entries, log: createLogger('info', { write: (line) => void entries.push(JSON.parse(line)) }) };
}

test('what is logged while a request is served bears its id, however deep down', async () => {
  const { entries, log } = collect();
  await requestContext.run({ requestId: 'request-1' }, async () => {
    await Promise.resolve();
    log.info('inside');
  });
  log.info('outside');
  expect(entries).toMatchObject([{ msg: 'inside', requestId: 'request-1' }, { msg: 'outside' }]);
  expect(entries[1]).not.toHaveProperty('requestId');
});

test('credentials that come in with what is logged are left out', () => {
  const { entries, log } = collect();
  log.info({ authorization: 'Bearer secret' }, 'plain');
  log.info({ request: { headers: { authorization: 'Bearer secret', cookie: 'secret' } } }, 'nested');
  log.info({ pool: { connectionString: 'postgresql://user:secret@host/db' } }, 'database');
  expect(entries).toHaveLength(3);
  expect(JSON.stringify(entries)).not.toContain('secret');
});

test('an error is logged with its cause, and without what a driver hangs on it', () => {
  const lines: string[] = [];
  const log = createLogger('info', { write: (line) => lines.push(line) });
  const cause = Object.assign(new Error('the connection broke'), { code: '57P01', client: { secretKey: 4711 } });
  log.warn({ err: new Error('no answer', { cause }) }, 'Trouble');
  const { err } = JSON.parse(lines.join(''));
  expect(err).toMatchObject({ type: 'Error', message: 'no answer', cause: { code: '57P01' } });
  expect(lines.join('')).not.toContain('4711');
});
