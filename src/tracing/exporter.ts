import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logger.ts';

/** Sends spans to the collector as OTLP over HTTP. That it does not take them, and that it does again, is logged once. */
export function createExporter(endpoint: string, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  let fails = false;
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error !== undefined && !fails) {
          log.warn(
            { err: error },
            'The collector of OTEL_EXPORTER_OTLP_ENDPOINT does not take traces; they are lost meanwhile',
          );
        }
        if (error === undefined && fails) log.info('The collector takes traces again');
        fails = error !== undefined;
        onResult(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
