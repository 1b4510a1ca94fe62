import { AsyncResource } from 'node:async_hooks';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { wrapAll } from '../wrap-all.ts';
import type { Context } from './context.ts';
import { followUpdates } from './follow-updates.ts';
import { fragmentsOf, rootFieldsOf } from './root-fields.ts';

/** An operation that is valid, as it is executed once. */
export interface Operation {
  readonly type: OperationTypeNode;
  /** The names of its root fields, each once: names of the schema, of which there are few. */
  readonly fields: readonly string[];
  /** What the client calls it. */
  readonly name: string | undefined;
}

/** Follows what operations come to, for the log, the metrics and the traces. It cannot change anything. */
export interface OperationObserver {
  /** Told when an operation begins to be executed. */
  readonly onBegin?: (operation: Operation) => void;
  /** Runs the execution, in a context of its own say, and returns what it returns. */
  readonly aroundExecution?: <T>(operation: Operation, execute: () => T) => T;
  /** Told when updates of a subscription begin to be sent. */
  readonly onStream?: (operation: Operation) => void;
  /** Told of the errors of an answer, or of an update, as the client sees them. Without an operation there was no valid one. */
  readonly onErrors?: (errors: readonly GraphQLError[], operation: Operation | undefined) => void;
  /** Told when an operation is done: a subscription when it ends. */
  readonly onEnd?: (operation: Operation, seconds: number) => void;
}

interface Running {
  readonly operation: Operation;
  readonly startedAt: number;
}

export interface ObservedOperations {
  /** To be the first of the plugins, so that refusals of the others are told too. */
  readonly plugin: Plugin<Context>;
  /**
   * Tells of the error that a request was answered with while it was still under way. The errors that it comes to later are
   * told to no client, and so to no observer.
   */
  tellTimeout(request: Request, error: GraphQLError): void;
}

/** Tells the observers of every operation, in the context of its request. */
export function observeOperations(observers: readonly OperationObserver[]): ObservedOperations {
  const running = new WeakMap<Request, Running>();
  const timedOut = new WeakSet<Request>();
  const around = observers.flatMap(({ aroundExecution }) => aroundExecution ?? []);

  const begin = (
    { document, operationName }: ExecutionArgs,
    request: Request,
    execute: (args: ExecutionArgs) => unknown,
    setExecute: (execute: (args: ExecutionArgs) => unknown) => void,
  ) => {
    const described = describeOperation(document, operationName);
    if (described === undefined) return;
    const operation = { ...described };
    running.set(request, { operation, startedAt: performance.now() });
    for (const { onBegin } of observers) onBegin?.(operation);
    if (around.length === 0) return;
    setExecute((args) => {
      const wraps = around.map((wrap) => (run: () => unknown) => () => wrap(operation, run));
      return wrapAll(() => execute(args), wraps)();
    });
  };
  const tellErrors = (errors: readonly GraphQLError[] | undefined, operation: Operation | undefined) => {
    if (errors === undefined || errors.length === 0) return;
    for (const { onErrors } of observers) onErrors?.(errors, operation);
  };
  const end = ({ operation, startedAt }: Running) => {
    const seconds = (performance.now() - startedAt) / 1000;
    for (const { onEnd } of observers) onEnd?.(operation, seconds);
  };

  const plugin: Plugin<Context> = {
    onExecute: ({ args, executeFn, setExecuteFn }) => begin(args, args.contextValue.request, executeFn, setExecuteFn),
    onSubscribe: ({ args, subscribeFn, setSubscribeFn }) =>
      begin(args, args.contextValue.request, subscribeFn, setSubscribeFn),
    onResultProcess({ request, result, setResult }) {
      const current = running.get(request);
      if (isAsyncIterable(result)) {
        if (current === undefined) return;
        const { operation } = current;
        for (const { onStream } of observers) onStream?.(operation);
        // Updates are asked for by whoever sends them, in whichever context.
        const onUpdate = AsyncResource.bind(({ errors }: ExecutionResult) => tellErrors(errors, operation));
        setResult(followUpdates(result, { onUpdate, onEnd: AsyncResource.bind(() => end(current)) }));
        return;
      }
      if (!timedOut.has(request)) {
        for (const { errors } of [result].flat()) tellErrors(errors, current?.operation);
      }
      if (current !== undefined) end(current);
    },
  };
  return {
    plugin,
    tellTimeout(request, error) {
      timedOut.add(request);
      tellErrors([error], running.get(request)?.operation);
    },
  };
}

/** By document and name: documents are parsed once, and sent again and again. */
const described = new WeakMap<DocumentNode, Map<string, Operation | undefined>>();

function describeOperation(document: DocumentNode, operationName: string | null | undefined): Operation | undefined {
  const ofDocument = described.get(document) ?? new Map<string, Operation | undefined>();
  described.set(document, ofDocument);
  const key = operationName ?? '';
  const known = ofDocument.get(key);
  if (known !== undefined) return known;
  const definition = getOperationAST(document, operationName);
  if (!definition) return undefined;
  const fields = new Set(rootFieldsOf(definition, fragmentsOf(document)).map(({ name }) => name.value));
  const operation = { type: definition.operation, fields: [...fields], name: definition.name?.value };
  ofDocument.set(key, operation);
  return operation;
}
