import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { inTime } from '../in-time.ts';
import type { Instrument } from '../instruments.ts';
import type { Logger } from '../logger.ts';
import { packageVersion } from '../package-version.ts';
import { createActiveContext } from './active-context.ts';
import { createExporter } from './exporter.ts';
import { traceOperations } from './operations.ts';
import { traceRequests } from './requests.ts';
import { traceStatements } from './statements.ts';
import { traceWrites } from './writes.ts';

export interface TracingOptions {
  /** The collector, as a URL without `/v1/traces`. */
  readonly endpoint: string;
  readonly log: Logger;
}

/** Milliseconds that the last spans have to be sent when the server stops. */
const flushMs = 2_000;

/**
 * Traces what this process serves, and sends it to a collector, in batches and beside the requests, which never wait for it.
 * What else OpenTelemetry lets be set, such as the sampler, the name of the service and headers, it reads from its own
 * variables (OTEL_*). Nothing of it is global: another server in the same process has traces of its own, or none.
 */
export function createTracing({ endpoint, log }: TracingOptions): {
  readonly instrument: Instrument;
  /** Sends what is left, as far as the collector takes it in time. */
  readonly stop: () => Promise<void>;
} {
  const described = resourceFromAttributes({ 'service.name': 'taproot', 'service.version': packageVersion() });
  const provider = new BasicTracerProvider({
    resource: described.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(createExporter(endpoint, log))],
  });
  const tracer = provider.getTracer('taproot');
  const active = createActiveContext();
  return {
    instrument: {
      aroundRequests: traceRequests(tracer, active),
      aroundWrites: traceWrites(tracer, active),
      onStatement: traceStatements(tracer, active),
      operations: traceOperations(tracer, active),
    },
    async stop() {
      // What the collector refuses is told by the exporter.
      const sent = provider.shutdown().then(
        () => true,
        () => true,
      );
      const isSent = await inTime(sent, flushMs, false);
      if (!isSent) log.warn('The collector did not take the last traces in time; they are lost');
    },
  };
}
