import { DomainError } from '../domain-error.ts';

/** There is no such organization, or none that the caller may know of: the two look the same. */
export class OrganizationNotFoundError extends DomainError {
  readonly code = 'ORGANIZATION_NOT_FOUND';

  constructor(orgId: string) {
    super(`There is no organization ${orgId}. Check the id, or create it with createOrganization.`, { orgId });
  }
}
