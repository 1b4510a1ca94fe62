import { expect, test } from 'vitest';
import type { AnswerError } from '../support/api-client.ts';
import { expectNoLeak } from '../support/leaks.ts';

const error = (message: string, extensions: object = {}): AnswerError => ({
  message,
  extensions: { code: 'BAD_USER_INPUT', ...extensions },
});

test.each([
  ['a SQLSTATE', error('Database error. Code: `22021`.')],
  ['a constraint', error('It breaks workspaces_parent_name_uniq.')],
  ['a code of Prisma', error('Failed with P2002.')],
  ['what PostgreSQL says', error('invalid input syntax for type uuid: "x"')],
  ['a statement', error('Something went wrong.', { query: 'select "public"."x", column "y"' })],
  ['a place in the program', error('It failed.', { stack: 'at run (/srv/src/main.ts:12:3)' })],
  ['a slip of the program', error("Cannot read properties of null (reading 'id')")],
  ['a code that is not promised', { message: 'Oh.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  ['an error within', error('Oh.', { originalError: {} })],
])('%s in an answer is a leak', (_, leaking) => {
  expect(() => expectNoLeak([leaking])).toThrow();
});

test('what the caller has said is none', () => {
  expect(() =>
    expectNoLeak([error('There is no "P2002 of workspaces_pkey".')], 'P2002 of workspaces_pkey'),
  ).not.toThrow();
  expect(() => expectNoLeak([error('There is no workspace here. Check the id.', { limit: 200 })])).not.toThrow();
  expect(() => expectNoLeak([error('There is no "08006".')], '08006')).not.toThrow();
});

test('a number in the details is none, whatever it looks like', () => {
  expect(() => expectNoLeak([error('It holds too many.', { items: 42601, limit: 40001 })])).not.toThrow();
  expect(() => expectNoLeak([error('It failed.', { reason: '42601' })])).toThrow();
});

test('letters that the caller has said hide no leak that holds them', () => {
  for (const sent of ['P', '00', '_'])
    expect(() => expectNoLeak([error('Failed with P2002 at workspaces_pkey.')], sent)).toThrow();
});
