import { Counter, Histogram, type Registry } from 'prom-client';
import type { RequestHandler } from '../http-server.ts';

/** All that this server answers. What else a client may write there must not make a metric each. */
const methods = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** Counts HTTP requests, and measures how long each took. */
export function createRequestMetrics(registry: Registry): (handler: RequestHandler) => RequestHandler {
  const labelNames = ['method', 'status'] as const;
  const requests = new Counter({
    name: 'taproot_http_requests_total',
    help: 'HTTP requests by method and status; status is aborted where the client went away before there was one.',
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'taproot_http_request_duration_seconds',
    help: 'Time until an HTTP request was answered in full. Streams of events, which are meant to last, take no part.',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (handler) => (request, response) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const { method: given = '' } = request;
      const method = methods.has(given) ? given : 'other';
      const labels = { method, status: response.headersSent ? response.statusCode : 'aborted' };
      requests.inc(labels);
      const isStream = String(response.getHeader('content-type')).startsWith('text/event-stream');
      if (!isStream) duration.observe(labels, (performance.now() - startedAt) / 1000);
    });
    return handler(request, response);
  };
}
