import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

/** What the line about a request tells of it beside what HTTP knows. None of it may be a secret, or text of a client beyond a name. */
export interface RequestNotes {
  /** `operator`, or `token:` and its id. Left out: nobody who is known. */
  caller?: string;
  /** Whether the operator still uses the token that is to go. */
  previousToken?: true;
  /** The organization of the caller's token. */
  organization?: string;
  /** The operation's type. */
  operation?: string;
  /** The operation's root fields. */
  fields?: readonly string[];
  /** What the client calls the operation, where GraphQL would take it for a name. */
  operationName?: string;
  /** The codes of its errors, each once. */
  errors?: readonly string[];
}

export interface RequestContext {
  readonly requestId: string;
  /** To be filled in while the request is served. Undefined: nobody writes a line about it. */
  readonly notes?: RequestNotes;
}

/** What is known of the request that is being served, wherever in the program that is. */
export const requestContext = new AsyncLocalStorage<RequestContext>();

/** Where secrets could come in with what is logged. */
const secrets = [
  'authorization',
  '*.authorization',
  '*.headers.authorization',
  '*.headers.cookie',
  '*.connectionString',
];

/**
 * Logs to standard output unless told otherwise: JSON, a line for each entry, or plainer lines where a person is looking.
 * Every entry that is written while a request is served bears its id.
 */
export function createLogger(level: LogLevel, destination = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const request = requestContext.getStore();
      return request === undefined ? {} : { requestId: request.requestId };
    },
    redact: secrets,
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

/** What an error says, without what hangs on it: that of a driver carries its connection along, with the key to cancel it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { type: name, message, code, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}

/** Several entries are written at once, which costs as much as one of them, and none waits for longer than this. */
const flushIntervalMs = 20;
const flushBytes = 8_192;

function standardOutput(): DestinationStream {
  if (process.stdout.isTTY) return terminal;
  const output = pino.destination({ dest: 1, sync: true, minLength: flushBytes, periodicFlush: flushIntervalMs });
  process.once('exit', () => output.flushSync());
  return output;
}

const colors: Record<string, number> = { warn: 33, error: 31, fatal: 31 };

const terminal: DestinationStream = {
  write(line) {
    const { level, time, msg, err, ...rest } = JSON.parse(line);
    const details = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    const text = `${time.slice(11, 19)} ${level.padEnd(5)} ${msg ?? ''}\x1b[2m${details.join('')}\x1b[0m`;
    const stack = err ? `\n${err.stack ?? err.message}` : '';
    process.stdout.write(`${colors[level] ? `\x1b[${colors[level]}m${text}` : text}${stack}\n`);
  },
};
