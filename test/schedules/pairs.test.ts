import { test } from 'vitest';
import { watchDeadlocks } from '../concurrency/interleaving.ts';
import { ask } from '../model/answers.ts';
import type { Call } from '../model/calls.ts';
import { createTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { createPick, expectSerial } from './expect-serial.ts';
import { bounds, sessionUrl } from './held-statements.ts';
import type { Participant } from './meeting.ts';
import { operationsOf, serialAnswer, type World, worlds } from './operations.ts';

const database = await createTestDatabase();
watchDeadlocks(database);
const [first, second] = ['first', 'second'].map((name) => ({
  name,
  api: createTestApi({ ...database, url: sessionUrl(database.url, name) }, bounds),
})) as [Server, Server];
const neighbour = watchNeighbour(database);
const observer = await database.connect();
const pick = createPick();

interface Server {
  readonly name: string;
  readonly api: TestApi;
}

function caller({ name, api }: Server, call: Call): Participant {
  return { name, act: async (resolve) => serialAnswer(call, await ask(api, resolve(call), undefined)) };
}

/** Each operation with itself and with all others. */
function pairsOf(world: World): [title: string, World, calls: [Call, Call]][] {
  const operations = Object.entries(operationsOf(world));
  return operations.flatMap(([name, call], index) =>
    operations
      .slice(index)
      .map(([otherName, other]): [string, World, [Call, Call]] => [
        `${world.title}, ${name} and ${otherName}`,
        world,
        [call, other],
      ]),
  );
}

test.each(worlds.flatMap(pairsOf))(
  '%s end as one after the other, however their statements meet',
  async (_, world, [call, other]) => {
    const participants = [caller(first, call), caller(second, other)] as const;
    await expectSerial({ database, observer, neighbour }, world, participants, { pick, sample: world.sample });
  },
);
