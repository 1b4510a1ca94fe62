import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import { ask } from '../model/answers.ts';
import { bounds } from '../model/bounds.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { expectSerial } from './expect-serial.ts';
import { sessionUrl } from './held-statements.ts';
import type { Participant } from './meeting.ts';
import { creations, lateAnswer, type Operation, openWorld, operationsOf, type World, worlds } from './operations.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const [first, second] = ['first', 'second'].map((name) => ({
  name,
  api: createTestApi({ ...database, url: sessionUrl(database.url, name) }, bounds),
})) as [Server, Server];
const neighbour = watchNeighbour(database);
const observer = await database.connect();

interface Server {
  readonly name: string;
  readonly api: TestApi;
}

const caller = ({ name, api }: Server, { call, token }: Operation): Participant => ({
  name,
  act: ({ resolve, texts }) => ask(api, resolve(call), token && texts.get(resolve(token))),
  lateAnswer: (answer, stored) => lateAnswer(call, answer, stored),
});

type Pair = [title: string, World, operations: [Operation, Operation]];

/** Each of these operations with itself and with all others. */
function pairsOf(world: World, operations: Readonly<Record<string, Operation>>): Pair[] {
  const named = Object.entries(operations);
  return named.flatMap(([name, operation], index) =>
    named
      .slice(index)
      .map(([otherName, other]): Pair => [`${world.title}, ${name} and ${otherName}`, world, [operation, other]]),
  );
}

const pairs = [...worlds.flatMap((world) => pairsOf(world, operationsOf(world))), ...pairsOf(openWorld, creations)];

test('every mutation of the schema meets others', () => {
  const called = new Set(pairs.flatMap(([, , operations]) => operations.map(({ call }) => call.mutation)));
  expect([...called].toSorted()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).toSorted());
});

test.each(pairs)(
  '%s end as one after the other, however their statements meet',
  async (title, world, [operation, other]) => {
    const participants = [caller(first, operation), caller(second, other)] as const;
    await expectSerial({ database, observer, neighbour }, world, participants, {
      title,
      sample: { bounded: world.sample, deep: Number.POSITIVE_INFINITY },
    });
  },
);
