import { createContext, useContext } from 'react';

/** The names of the organization's tokens by their ids, where they have been read. */
export const TokenNames = createContext<ReadonlyMap<string, string>>(new Map());

/** Who did something: the API says `operator`, or `token:` and an id. */
export function Actor({ actor }: { actor: string }) {
  const names = useContext(TokenNames);
  const tokenId = actor.startsWith('token:') ? actor.slice('token:'.length) : undefined;
  if (tokenId === undefined) return <span>{actor === 'operator' ? 'the operator' : actor}</span>;
  const name = names.get(tokenId);
  return <span title={tokenId}>{name === undefined ? `token ${tokenId.slice(0, 8)}…` : `token “${name}”`}</span>;
}
