import { done, Refusal, type Rule } from './rule.ts';

/** The same id and name again is the same organization. Only the operator may. */
export const createOrganization: Rule<'createOrganization'> = (state, { id, name }, { actor }) => {
  if (actor !== 'operator') throw new Refusal('FORBIDDEN', {});
  const known = id === state.orgId ? state.name : state.others[id];
  if (known !== undefined && known !== name) throw new Refusal('ALREADY_EXISTS', { id, name: known });
  return done({ ...state, others: id === state.orgId ? state.others : { ...state.others, [id]: name } }, { id, name });
};
