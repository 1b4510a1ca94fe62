import { type ReactNode, useMemo } from 'react';
import { TokenNamesDocument } from '../../generated/console.ts';
import { useApiQuery } from '../api/use-api.ts';
import { useOrganizationState, useOrganizationStore } from '../organization/organization-context.ts';
import { TokenNames } from './actor.tsx';

/** Lets the actors below be called by the names of their tokens. */
export function WithTokenNames({ children }: { children: ReactNode }) {
  const { orgId } = useOrganizationStore();
  const { revision } = useOrganizationState();
  const { data } = useApiQuery(TokenNamesDocument, { orgId }, { revision });
  const tokens = data?.organization?.apiTokens;
  const names = useMemo(() => new Map((tokens ?? []).map(({ id, name }) => [id, name])), [tokens]);
  return <TokenNames value={names}>{children}</TokenNames>;
}
