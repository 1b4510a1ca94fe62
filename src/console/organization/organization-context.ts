import { createContext, useContext, useSyncExternalStore } from 'react';
import type { OrganizationState, OrganizationStore } from './organization-store.ts';

export const OrganizationContext = createContext<OrganizationStore | null>(null);

/** The store of the organization whose page this is. */
export function useOrganizationStore(): OrganizationStore {
  const store = useContext(OrganizationContext);
  if (store === null) throw new Error('There is no organization around this component');
  return store;
}

/** What is known of the organization now. */
export function useOrganizationState(): OrganizationState {
  const store = useOrganizationStore();
  return useSyncExternalStore(store.subscribe, store.getState);
}
