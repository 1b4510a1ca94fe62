import type { IncomingMessage } from 'node:http';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';
import { readBody } from './request-body.ts';

/**
 * Takes what is posted as JSON and as nothing else: no form, which any page of the web could send. A refusal says what to
 * send instead, and never repeats what was sent.
 */
export function useJsonRequests(maxBodyBytes: number): Plugin<object, { readonly req?: IncomingMessage }> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      if (request.method !== 'POST') return;
      const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (mediaType !== 'application/json') {
        throw refusal(415, 'Post the operation as JSON, under the header "content-type: application/json".');
      }
      const { req } = serverContext;
      setRequestParser(async () =>
        parseJson(req === undefined ? await request.text() : await readBody(req, maxBodyBytes)),
      );
    },
  };
}

function parseJson(text: string): GraphQLParams {
  const body = parse(text);
  if (typeof body !== 'object' || body === null) {
    throw refusal(400, 'The body of the request must be a JSON object with a query, and variables where it has some.');
  }
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(400, 'The body of the request is not valid JSON.');
  }
}
