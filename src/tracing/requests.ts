import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { RequestHandler } from '../http-server.ts';
import { apiPath } from '../paths.ts';
import type { ActiveContext } from './active-context.ts';

const propagator = new W3CTraceContextPropagator();

/** Makes a span of each request of the API: a child of that of its caller, where it bears a `traceparent`. */
export function traceRequests(tracer: Tracer, active: ActiveContext): (handler: RequestHandler) => RequestHandler {
  return (handler) => (request, response) => {
    const { method = '', url, headers } = request;
    if (url?.split('?')[0] !== apiPath) return handler(request, response);
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const attributes = { 'http.request.method': method, 'http.route': apiPath };
    const span = tracer.startSpan(`${method} ${apiPath}`, { kind: SpanKind.SERVER, attributes }, parent);
    response.once('close', () => {
      if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    return active.within(parent, span, () => handler(request, response));
  };
}
