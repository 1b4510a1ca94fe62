import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as it was sent. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: it is the root of its trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly failed: boolean;
}

export interface Collector {
  readonly url: string;
  /** All spans that have come in so far. */
  readonly spans: readonly SentSpan[];
  /** The attributes of what they came from. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** All that has come in, as it was sent. */
  text(): string;
  /** What the next requests are answered with. */
  status: number;
  close(): void;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly arrayValue?: { readonly values: readonly object[] } } & object;
}

interface OtlpSpan extends Omit<SentSpan, 'attributes' | 'events' | 'failed'> {
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

/** What an exporter of OTLP sends as JSON. */
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const failedCode = 2;

/** Opens a collector that takes traces as OTLP over HTTP, in JSON. */
export async function openCollector(): Promise<Collector> {
  const spans: SentSpan[] = [];
  const bodies: string[] = [];
  const resource: Record<string, unknown> = {};
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as OtlpRequest;
    if (collector.status === 200 && request.url === '/v1/traces') {
      bodies.push(JSON.stringify(body));
      for (const sent of body.resourceSpans) {
        Object.assign(resource, plain(sent.resource.attributes));
        spans.push(...sent.scopeSpans.flatMap((scope) => scope.spans.map(toSpan)));
      }
    }
    response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    resource,
    text: () => bodies.join('\n'),
    status: 200,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return collector;
}

function toSpan({ attributes = [], events = [], status, ...span }: OtlpSpan): SentSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    attributes: plain(attributes),
    events: events.map(({ name }) => name),
    failed: status.code === failedCode,
  };
}

function plain(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.arrayValue === undefined ? Object.values(value)[0] : value.arrayValue.values.flatMap(Object.values),
    ]),
  );
}
