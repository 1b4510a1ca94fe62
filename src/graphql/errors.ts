import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { toDomainError } from '../database/errors.ts';
import { BadUserInputError, type DomainError } from '../domain-error.ts';

/** The HTTP status of errors that concern the request as a whole. All others come with 200, as GraphQL has it. */
function httpOf({ code, details: { retryAfterSeconds } }: DomainError) {
  if (code === 'UNAUTHENTICATED') return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  if (code === 'SERVICE_UNAVAILABLE') return { status: 503 };
  if (retryAfterSeconds !== undefined) return { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
  return undefined;
}

/**
 * Makes what a request fails with fit for the client: expected failures with their code, their message and the ids in
 * their details; all else masked, logged, and known to the client by the request's id alone.
 */
export function createErrorMask(log: Logger, currentRequestId: () => string | undefined) {
  return function maskError(error: unknown): GraphQLError {
    const located = error instanceof GraphQLError ? error : undefined;
    const original = located?.originalError ?? error;
    if (original instanceof PartlyDoneError) return addDone(maskError(original.failure), original.done);
    // What GraphQL itself finds wrong with a document or its variables.
    if (original instanceof GraphQLError && !(original instanceof PothosValidationError))
      return withCode(located ?? original);

    const expected =
      original instanceof PothosValidationError ? new BadUserInputError(original.message) : toDomainError(original);
    if (expected !== undefined) {
      if (expected.code === 'SERVICE_UNAVAILABLE') log.warn({ err: expected.cause }, expected.message);
      return present(expected, located);
    }
    const requestId = currentRequestId();
    log.error({ err: original, path: located?.path }, 'Unexpected error');
    return new GraphQLError(`Something went wrong on our side. Report it with the request id ${requestId}.`, {
      ...position(located),
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    });
  };
}

/** A field of a mutation failed, with whatever it was, and others of the same request are done. */
export class PartlyDoneError extends Error {
  readonly failure: GraphQLError;
  /** The names under which they are answered. */
  readonly done: readonly string[];

  constructor(failure: GraphQLError, done: readonly string[]) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.done = done;
  }
}

/** The request as a whole must not be sent again, whatever that may do for the field alone that failed. */
function addDone(shown: GraphQLError, done: readonly string[]): GraphQLError {
  const { retryable: _, ...extensions } = shown.extensions;
  return new GraphQLError(`${shown.message} Of this request is done: ${done.join(', ')}. Do not send that again.`, {
    ...position(shown),
    extensions: { ...extensions, done },
  });
}

/** Gives what validation finds wrong with a document the code that bad input has everywhere else. */
export function useValidationCode(): Plugin {
  return {
    onValidate:
      () =>
      ({ result, setResult }) =>
        setResult(result.map((error) => withCode(error))),
  };
}

/** The error in place of another one in the answer, to be presented as any other that a resolver throws. */
export function inPlaceOf(replaced: GraphQLError, originalError: DomainError | PartlyDoneError): GraphQLError {
  return new GraphQLError(originalError.message, { ...position(replaced), originalError });
}

function present(error: DomainError, located: GraphQLError | undefined): GraphQLError {
  const http = httpOf(error);
  return new GraphQLError(error.message, {
    ...position(located),
    extensions: {
      ...error.details,
      code: error.code,
      ...(error.retryable && { retryable: true }),
      ...(http && { http }),
    },
  });
}

function withCode(error: GraphQLError): GraphQLError {
  const status = error.extensions.http?.status;
  const code = status === 408 || status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_USER_INPUT';
  const message = status === 403 ? forgeable : error.message;
  return new GraphQLError(message, { ...position(error), extensions: { ...error.extensions, code } });
}

/** What is refused as any page of the web could have made a browser send it, without its user's will. */
const forgeable =
  'Post the operation as JSON, under the header "content-type: application/json", or send an authorization header. ' +
  'A browser that opens this address gets GraphiQL, where that is served.';

/** Where in the document and in the answer an error stands. */
function position(error: GraphQLError | undefined) {
  return {
    nodes: error?.nodes ?? null,
    source: error?.source ?? null,
    positions: error?.positions ?? null,
    path: error?.path ?? null,
  };
}
