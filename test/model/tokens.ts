import { rootOf } from './plugins.ts';
import { done, Refusal, type Rule, requireOrganization } from './rule.ts';
import { isLive, type State, withEvent } from './state.ts';

export const createApiToken: Rule<'createApiToken'> = (state, args, { actor, freshId }) => {
  const { orgId, name, rootId, expiresAt } = args;
  const root = rootOf(state, orgId, rootId);
  if (expiresAt !== undefined && Date.parse(expiresAt) < Date.now()) throw new Refusal('BAD_USER_INPUT', { expiresAt });
  const token = { rootId: root.id, name, createdBy: actor, revoked: false, expires: expiresAt !== undefined };
  const grown = { ...state, tokens: { ...state.tokens, [freshId]: token } };
  const data = { name, rootId: root.id, ...(expiresAt !== undefined && { expiresAt }) };
  return done(withEvent(grown, { type: 'api_token.created', subjectId: freshId, actor, data }), { id: freshId, name });
};

/** For good; to revoke it again changes nothing. */
export const revokeApiToken: Rule<'revokeApiToken'> = (state, { orgId, id }, { actor }) => {
  requireOrganization(state, orgId);
  const token = state.tokens[id];
  if (token === undefined) throw new Refusal('API_TOKEN_NOT_FOUND', { orgId, apiTokenId: id });
  if (token.revoked) return done(state, { id, revoked: true });
  const revoked = { ...state, tokens: { ...state.tokens, [id]: { ...token, revoked: true } } };
  const event = { type: 'api_token.revoked', subjectId: id, actor, data: { name: token.name } };
  return done(withEvent(revoked, event), { id, revoked: true });
};

/** Whether the bearer of a token may call: it is not revoked, and its root lives. */
export function isValid(state: State, tokenId: string): boolean {
  const token = state.tokens[tokenId];
  const root = token && state.workspaces[token.rootId];
  return token !== undefined && !token.revoked && root !== undefined && isLive(root);
}
