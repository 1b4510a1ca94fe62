import type { Plugin } from 'graphql-yoga';
import { requestContext } from '../logger.ts';
import { actorOf, type Caller } from '../tokens/authenticate.ts';
import type { OperationObserver } from './observe-operations.ts';

/** Characters of a client's own name for an operation that are logged at most. */
const maxNameLength = 100;

/** What GraphQL takes for a name. All else is some text of the client, which may be a token for all that is known here. */
const graphqlName = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** Notes for the log who calls. */
export function noteCaller(caller: Caller): void {
  const notes = requestContext.getStore()?.notes;
  if (notes === undefined) return;
  notes.caller = actorOf(caller);
  if (caller.kind === 'organization') notes.organization = caller.orgId;
  else if (caller.previousToken) notes.previousToken = true;
}

/** Notes for the log what the client calls its operation, also where that is refused. */
export function useNamesInLog(): Plugin {
  return {
    onParams({ params: { operationName } }) {
      if (typeof operationName === 'string') noteName(operationName);
    },
  };
}

/** Notes for the log which operation it is, and how it fails. */
export const notesForLog: OperationObserver = {
  onBegin({ type, fields, name }) {
    const notes = requestContext.getStore()?.notes;
    if (notes === undefined) return;
    Object.assign(notes, { operation: type, fields });
    if (name !== undefined) noteName(name);
  },
  onErrors(errors) {
    const notes = requestContext.getStore()?.notes;
    if (notes === undefined) return;
    notes.errors = [...new Set(errors.map(({ extensions }) => String(extensions['code'])))];
  },
};

function noteName(name: string): void {
  const notes = requestContext.getStore()?.notes;
  if (notes !== undefined && graphqlName.test(name)) notes.operationName = name.slice(0, maxNameLength);
}
