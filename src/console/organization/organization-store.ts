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
  /** Whether the tree holds the tombstones too. */
  readonly knowsRemoved: boolean;
  /** Goes up whenever what else is shown of the organization may be out of date. */
  readonly revision: number;
  /** Milliseconds that the database's clock is ahead of the browser's. */
  readonly clockAhead: number;
}

const initial: OrganizationState = {
  tree: emptyTree,
  phase: 'loading',
  error: undefined,
  total: undefined,
  line: 'connecting',
  knowsRemoved: false,
  revision: 0,
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
  #running: Promise<void> = Promise.resolve();
  #wantsRemoved = false;
  /** Whether the last read failed, so that the tree may lack what came before the line. */
  #isStale = false;

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
        // A line that begins tells nothing of what was before it.
        if (!resumed) this.#set({ revision: this.#state.revision + 1 });
        // What failed to be read is tried again, but not while it is being read: that would never come to an end.
        const mustTryAgain = this.#pending === undefined && (this.#isStale || this.#state.phase !== 'ready');
        if (!resumed || mustTryAgain) void this.reload();
        if (resumed) this.#apply(update);
      },
      onLine: (line) => {
        const isBack = line === 'live' && this.#state.line === 'lost';
        this.#set({ line, revision: this.#state.revision + (isBack ? 1 : 0) });
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

  /** Reads the tree anew, once a read that is under way has ended. What is shown stays until the new one is there. */
  reload(): Promise<void> {
    const reading = ++this.#reading;
    this.#pending ??= [];
    if (this.#state.phase !== 'ready') this.#set({ phase: 'loading', error: undefined });
    // Not side by side: the client answers a request like one that is under way with the answer to that.
    this.#running = this.#running.then(() => this.#read(reading));
    return this.#running;
  }

  async #read(reading: number): Promise<void> {
    const isCurrent = () => reading === this.#reading;
    if (!isCurrent()) return;
    const isFirst = this.#state.phase !== 'ready';
    const live = await readTree(this.#client, this.orgId, null, (tree, total) => {
      if (isCurrent()) this.#set(isFirst ? { tree, total } : { total });
      return isCurrent();
    });
    const removed = this.#wantsRemoved
      ? await readTree(this.#client, this.orgId, ['REMOVED'], isCurrent)
      : ({ kind: 'tree', tree: emptyTree } as const);
    if (!isCurrent()) return;

    const pending = this.#pending ?? [];
    this.#pending = undefined;
    const failure = [live, removed].find((result) => result.kind === 'failed');
    this.#isStale = failure !== undefined;
    if (failure !== undefined) {
      this.#set({ error: failure.error, ...(isFirst && { phase: 'failed' }) });
    } else if (live.kind !== 'tree' || removed.kind !== 'tree') {
      this.#set({ phase: 'missing' });
    } else {
      const tree = withWorkspaces(live.tree, [...removed.tree.nodes.values()]);
      this.#set({ phase: 'ready', error: undefined, tree, knowsRemoved: this.#wantsRemoved });
    }
    if (this.#state.phase === 'ready') for (const update of pending) this.#apply(update);
  }

  /** Reads the tombstones too, which are left out until somebody asks for them. */
  loadRemoved(): void {
    if (this.#wantsRemoved) return;
    this.#wantsRemoved = true;
    void this.reload();
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
    this.#set({ tree, revision: this.#state.revision + (update.events.length > 0 ? 1 : 0) });
    if (!knowsAll(tree, update.states)) void this.reload();
  }

  #set(changes: Partial<OrganizationState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
