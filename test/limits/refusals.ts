import { expect } from 'vitest';
import type { Answer, AnswerError, ApiClient } from '../support/api-client.ts';

/** Sends what is more than a limit allows, and returns the one error that says so. Nothing else may be answered. */
export async function exceed(
  api: ApiClient,
  document: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<AnswerError> {
  const answer = await api.execute(document, variables, token);
  expect(answer.status).toBe(200);
  return errorOf(answer);
}

/** The one error of an answer to what was more than a limit allows. */
export function errorOf({ data, errors }: Answer<unknown>): AnswerError {
  const [error] = errors ?? [];
  const isAnswered = Object.values(data ?? {}).some((value) => value !== null);
  if (error === undefined || errors?.length !== 1 || isAnswered) {
    throw new Error(`Not one error: ${JSON.stringify({ data, errors })}`);
  }
  expect(error.extensions.code).toBe('LIMIT_EXCEEDED');
  expect(error.message).toMatch(/^\S.+\.$/);
  return error;
}
