import { type ReactNode, useMemo } from 'react';
import { TokenNamesDocument } from '../../generated/console.ts';
import { useOrganizationQuery } from '../organization/use-organization-query.ts';
import { TokenNames } from './actor.tsx';

/** Lets the actors below be called by the names of their tokens. */
export function WithTokenNames({ children }: { children: ReactNode }) {
  const { data } = useOrganizationQuery(TokenNamesDocument, {});
  const tokens = data?.organization?.apiTokens;
  const names = useMemo(() => new Map((tokens ?? []).map(({ id, name }) => [id, name])), [tokens]);
  return <TokenNames value={names}>{children}</TokenNames>;
}
