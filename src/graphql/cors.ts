import type { YogaServerOptions } from 'graphql-yoga';

type Cors = YogaServerOptions<object, object>['cors'];

/** Lets pages of these origins call, and those of no other site. Credentials that a browser sends by itself stay at home. */
export function createCors(origins: readonly string[]): Cors {
  if (origins.length === 0) return false;
  return (request) => {
    const origin = request.headers.get('origin');
    if (origin === null || !origins.includes(origin)) return false;
    return {
      origin: [origin],
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: ['retry-after', 'x-request-id'],
      credentials: false,
      maxAge: 3600,
    };
  };
}
