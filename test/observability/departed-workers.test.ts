import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { addUp } from '../../src/metrics/add-up.ts';
import type { MetricsSnapshot } from '../../src/metrics/metrics.ts';
import { createWorkerMetrics } from '../../src/workers/worker-metrics.ts';
import type { WorkerEnd, WorkerProcess } from '../../src/workers/worker-process.ts';
import { waitUntil } from '../support/barriers.ts';

/** What a worker tells that has counted so many. */
async function counted(value: number): Promise<MetricsSnapshot> {
  const registry = new Registry();
  new Counter({ name: 'counted_total', help: 'Counted.', registers: [registry] }).inc(value);
  return registry.getMetricsAsJSON();
}

/** A worker that tells these metrics until it is made to end. */
function startWorker(metrics: MetricsSnapshot | undefined) {
  let end: (end: WorkerEnd) => void = () => {};
  const ended = new Promise<WorkerEnd>((resolve) => {
    end = resolve;
  });
  const worker: WorkerProcess = {
    pid: undefined,
    listening: Promise.resolve(''),
    ended,
    readMetrics: async () => metrics,
    stop() {},
  };
  return {
    worker,
    async end() {
      end({ servedMs: 1 });
      await ended;
    },
  };
}

test('what cannot be added up is told all the same, and added up when the next worker ends', async () => {
  let failing = true;
  let attempts = 0;
  const metrics = createWorkerMetrics(async (snapshots) => {
    attempts++;
    if (failing) throw new Error('It cannot be added up');
    return addUp(snapshots);
  });
  const workers = [await counted(1), await counted(2), await counted(4)].map(startWorker);
  for (const { worker } of workers) metrics.follow(worker);
  await metrics.read();
  const sum = async () => {
    const [total] = await addUp((await metrics.read()).snapshots);
    return total?.values[0]?.value;
  };

  const [first, second, third] = workers;
  await first?.end();
  await second?.end();
  expect(await sum()).toBe(7);
  expect(attempts).toBe(1);
  failing = false;
  await third?.end();
  expect(await sum()).toBe(7);
  await waitUntil('they are one', async () => (await metrics.read()).snapshots.length === 1);
  expect(await sum()).toBe(7);
});

test('a worker that ends without having told anything leaves nothing to add up', async () => {
  let attempts = 0;
  const metrics = createWorkerMetrics(async (snapshots) => {
    attempts++;
    return addUp(snapshots);
  });
  for (const one of [startWorker(undefined), startWorker(undefined)]) {
    metrics.follow(one.worker);
    await one.end();
  }
  expect((await metrics.read()).snapshots).toEqual([]);
  expect(attempts).toBe(0);
});
