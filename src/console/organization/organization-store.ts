import type { Client } from '@urql/core';
import type { ApiError } from '../api/api-error.ts';
import { followOrganization, type Line, type OrganizationUpdate } from '../api/live.ts';
import {
  emptyTree,
  knowsAll,
  type Tree,
  type WorkspaceNode,
  withEvents,
  withStates,
  withWorkspaces,
} from '../workspaces/tree.ts';
import { readTree } from './read-tree.ts';

/** What a page knows of its organization. Never changed: changes make another. */
export interface OrganizationState {
  readonly tree: Tree;
  /** `ready` once the tree is whole, and stays so while it is read anew. */
  readonly phase: 'loading' | 'ready' | 'missing' | 'failed';
  readonly error: ApiError | undefined;
  /** How many workspaces there are; undefined until the first page of them is there. */
  readonly total: number | undefined;
  readonly line: Line;
  /** The seq of the newest structural change that was told: what else is shown of the organization may be out of date. */
  readonly newestEvent: string;
  /** Milliseconds that the database's clock is ahead of the browser's. */
  readonly clockAhead: number;
}

const initial: OrganizationState = {
  tree: emptyTree,
  phase: 'loading',
  error: undefined,
  total: undefined,
  line: 'connecting',
  newestEvent: '',
  clockAhead: 0,
};

/** Milliseconds after which the tree is read although the line is not there yet. */
const patienceMs = 3_000;

/**
 * The tree of one organization, kept as the server has it: first followed, then read, so that no change falls between
 * the two. One for each page that shows an organization.
 */
export class OrganizationStore {
  readonly orgId: string;
  #client: Client;
  #state = initial;
  #listeners = new Set<() => void>();
  /** Counts reads of the tree: one that was overtaken by another is dropped. */
  #reading = 0;
  /** What came in while the tree was read, to be applied on top of it. */
  #pending: OrganizationUpdate[] | undefined;
  #knowsRemoved = false;

  constructor(client: Client, orgId: string) {
    this.#client = client;
    this.orgId = orgId;
  }

  readonly getState = (): OrganizationState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Starts to follow the organization. Returns what ends that. */
  follow(token: string, onSignedOut: () => void): () => void {
    const patience = setTimeout(() => this.#readWithoutLine(), patienceMs);
    const stop = followOrganization(token, this.orgId, {
      onUpdate: (update, resumed) => {
        this.#set({ clockAhead: Date.parse(update.judgedAt) - Date.now() });
        const isKept = resumed && this.#state.phase === 'ready';
        if (isKept || this.#pending !== undefined) this.#apply(update);
        else void this.reload();
      },
      onLine: (line) => {
        this.#set({ line });
        if (line === 'lost') this.#readWithoutLine();
      },
      onEnd: (error) => {
        if (error.code === 'UNAUTHENTICATED') onSignedOut();
        else this.#set({ phase: 'missing', error });
      },
    });
    return () => {
      clearTimeout(patience);
      stop();
    };
  }

  /** Reads the tree anew. What is shown stays until it is there. */
  async reload(): Promise<void> {
    const reading = ++this.#reading;
    const isCurrent = () => reading === this.#reading;
    const isFirst = this.#state.phase !== 'ready';
    this.#pending = [];
    if (isFirst) this.#set({ phase: 'loading', error: undefined });
    const live = await readTree(this.#client, this.orgId, null, (tree, total) => {
      if (isCurrent()) this.#set(isFirst ? { tree, total } : { total });
      return isCurrent();
    });
    const removed = this.#knowsRemoved
      ? await readTree(this.#client, this.orgId, ['REMOVED'], isCurrent)
      : ({ kind: 'tree', tree: emptyTree } as const);
    if (!isCurrent()) return;

    const pending = this.#pending;
    this.#pending = undefined;
    const failure = [live, removed].find((result) => result.kind === 'failed');
    if (failure !== undefined) {
      this.#set({ error: failure.error, ...(isFirst && { phase: 'failed' }) });
    } else if (live.kind !== 'tree' || removed.kind !== 'tree') {
      this.#set({ phase: 'missing' });
    } else {
      this.#set({
        phase: 'ready',
        error: undefined,
        tree: withWorkspaces(live.tree, [...removed.tree.nodes.values()]),
      });
      for (const update of pending) this.#apply(update);
    }
  }

  /** Reads the tombstones too, which are left out until somebody asks for them. */
  async loadRemoved(): Promise<void> {
    if (this.#knowsRemoved) return;
    this.#knowsRemoved = true;
    await this.reload();
  }

  /** Puts in what a mutation answered, before it is told. */
  merge(workspaces: readonly WorkspaceNode[]): void {
    this.#set({ tree: withWorkspaces(this.#state.tree, workspaces) });
  }

  /** Without a line the tree is still worth reading. Once there is one, it is read anew. */
  #readWithoutLine(): void {
    if (this.#reading === 0) void this.reload();
  }

  #apply(update: OrganizationUpdate): void {
    if (this.#pending !== undefined) {
      this.#pending.push(update);
      return;
    }
    const tree = withStates(withEvents(this.#state.tree, update.events), update.states);
    const newestEvent = update.events.at(-1)?.seq ?? this.#state.newestEvent;
    this.#set({ tree, newestEvent });
    if (!knowsAll(tree, update.states)) void this.reload();
  }

  #set(changes: Partial<OrganizationState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
