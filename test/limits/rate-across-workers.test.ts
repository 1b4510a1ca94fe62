import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { SLOW } from '../embedded/embedded-test.ts';
import { connectToEach, listeningPids, PATIENTLY_MS } from '../processes/worker-client.ts';
import { operatorToken } from '../support/api.ts';
import { waitUntil } from '../support/barriers.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertOrganization, insertRoot, insertToken } from '../support/fixtures.ts';
import { watchNeighbour } from '../support/neighbour.ts';
import { compileServer, startServer } from '../support/server-process.ts';

const workers = 3;
const limit = 30;

vi.setConfig(SLOW);

await compileServer();
const database = await createTestDatabase();
const server = startServer(
  {
    DATABASE_URL: database.url,
    OPERATOR_TOKEN: operatorToken,
    WEB_CONCURRENCY: String(workers),
    LOG_LEVEL: 'debug',
    RATE_LIMIT_PER_MINUTE: String(limit),
  },
  { onEnd: afterAll },
);
watchNeighbour(database);

let token: string;
beforeEach(async () => {
  const orgId = await insertOrganization(database);
  ({ token } = await insertToken(database, orgId, await insertRoot(database, orgId)));
});

const document = '{ viewer { kind } }';

test('the workers of a machine count the requests of a token together, to the last one', async () => {
  const clients = await connectToEach(server, workers);
  const ask = async (client: (typeof clients)[number]) => {
    const statuses = [];
    for (let request = 0; request < limit; request++) statuses.push((await client.execute(document, {}, token)).status);
    return statuses;
  };
  const statuses = (await Promise.all(clients.map(ask))).flat();
  expect(statuses.filter((status) => status === 200)).toHaveLength(limit);
  expect(statuses.filter((status) => status === 429)).toHaveLength(limit * (workers - 1));
});

test('a worker that takes the place of another counts on where that was', async () => {
  const [first] = await connectToEach(server, workers);
  if (first === undefined) throw new Error('There is no worker');
  for (let request = 0; request < limit; request++) await first.execute(document, {}, token);
  process.kill(first.pid, 'SIGKILL');
  await waitUntil('another worker listens', async () => listeningPids(server).length === workers + 1, PATIENTLY_MS);
  const clients = await connectToEach(server, workers);
  expect(clients.map(({ pid }) => pid)).not.toContain(first.pid);
  for (const client of clients) expect((await client.execute(document, {}, token)).status).toBe(429);
});

test('requests are answered while the primary process cannot count them', async () => {
  const clients = await connectToEach(server, workers);
  server.process.kill('SIGSTOP');
  try {
    const answers = await Promise.all(clients.map((client) => client.execute(document, {}, token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(workers).fill(200));
  } finally {
    server.process.kill('SIGCONT');
  }
  await waitUntil(
    'each worker tells that it did not count',
    async () => server.logged().filter(({ msg }) => msg === 'Requests are not counted').length === workers,
  );
});
