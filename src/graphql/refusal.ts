import { GraphQLError } from 'graphql';

/** Refuses a request as a whole, with a status of HTTP, before its operation is looked at. */
export const refusal = (status: number, message: string) =>
  new GraphQLError(message, { extensions: { http: { status } } });
