import { useSyncExternalStore } from 'react';

/** Kept for the tab alone: another tab, and the next visit, have to sign in themselves. */
const key = 'taproot.token';
const listeners = new Set<() => void>();

/** Why the last session of this tab ended, to be said where the next one begins. */
type Farewell = 'refused' | undefined;
let farewell: Farewell;

export function readToken(): string | null {
  return sessionStorage.getItem(key);
}

export function signIn(token: string): void {
  farewell = undefined;
  sessionStorage.setItem(key, token);
  notify();
}

/** `of` is the token whose session ends: what is said too late of an earlier one does not end the present. */
export function signOut(reason?: Farewell, of?: string): void {
  if (of !== undefined && readToken() !== of) return;
  farewell = reason;
  sessionStorage.removeItem(key);
  notify();
}

/** The token of this tab, or null. */
export function useToken(): string | null {
  return useSyncExternalStore(subscribe, readToken);
}

export function readFarewell(): Farewell {
  return farewell;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) listener();
}
