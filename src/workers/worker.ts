// The program of a worker: it serves what its primary process has prepared. When that is gone, node:cluster ends it.
import { createLogger } from '../logger.ts';
import { describeFailure, end, failWhenUncaught } from '../process-end.ts';
import { serve } from '../serve.ts';
import { createService } from '../service.ts';
import type { FromWorker, Order, ToWorker } from './messages.ts';

// Only the word of the primary process counts: a terminal and a service manager signal all processes at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.once('message', (message: ToWorker) => {
  if ('serve' in message) void work(message.serve);
});
tell({ awaits: 'order' });

async function work({ config, prepared }: Order): Promise<void> {
  const log = createLogger(config.logLevel).child({ pid: process.pid });
  const service = createService(log, (onStop) => serve(config, prepared, { log, onStop }));
  failWhenUncaught(service, log, 'worker');
  process.on('message', (message: ToWorker) => {
    if ('stop' in message) void end(service, 0);
  });
  try {
    const { url, readMetrics } = await service.start();
    process.on('message', (message: ToWorker) => {
      if (!('tellMetrics' in message)) return;
      readMetrics().then(
        ({ snapshots }) => tell({ metrics: snapshots.flat() }),
        (error) => log.warn({ err: error }, 'The metrics of a worker cannot be told'),
      );
    });
    tell({ url });
  } catch (error) {
    tell({ failure: describeFailure(error) }, () => process.exit(1));
  }
}

function tell(message: FromWorker, onSent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, onSent);
}
