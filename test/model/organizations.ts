import { done, Refusal, type Rule } from './rule.ts';

/** The same id and name again is the same organization. Only the operator may. */
export const createOrganization: Rule<'createOrganization'> = (state, { id: given, name }, { actor, freshId }) => {
  if (actor !== 'operator') throw new Refusal('FORBIDDEN', {});
  const id = given ?? freshId;
  const known = id === state.orgId ? state.name : state.others[id];
  if (known !== undefined && known !== name) throw new Refusal('ALREADY_EXISTS', { id, name: known });
  return done({ ...state, others: id === state.orgId ? state.others : { ...state.others, [id]: name } }, { id, name });
};
