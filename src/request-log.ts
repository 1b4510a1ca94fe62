import type { RequestHandler } from './http-server.ts';
import { type Logger, requestContext } from './logger.ts';
import { apiPath } from './paths.ts';

/**
 * Logs a line for each request once it is answered, or given up by the client: at level info for the API, otherwise at
 * debug: that is asked for all the time, and of interest to nobody but who debugs it. It tells what was noted of the request
 * on the way, and of the URL the path alone, for the rest may hold a key.
 */
export function logRequests(handler: RequestHandler, log: Logger): RequestHandler {
  // All that is in a line is named below. To look for secrets would take as long as to write it.
  const lines = log.child({}, { redact: [] });
  return (request, response) => {
    const start = performance.now();
    const { method, url } = request;
    // Nobody knows in whose context a response is closed.
    const { requestId, notes } = requestContext.getStore() ?? {};
    const tell = () => {
      const path = url?.split('?')[0];
      const entry = {
        requestId,
        method,
        path,
        ...(response.headersSent && { status: response.statusCode }),
        ms: Math.round(performance.now() - start),
        ...(!response.writableFinished && { aborted: true }),
        ...notes,
      };
      lines[path === apiPath ? 'info' : 'debug'](entry, 'Answered');
    };
    response.once('close', tell);
    return handler(request, response);
  };
}
