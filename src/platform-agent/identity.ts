import { v5 as uuidv5 } from 'uuid';

/**
 * The id of an organization's platform agent: UUID version 5 (RFC 4122, section 4.3) of the URL namespace and
 * `molecule-platform-agent:<orgId>`. A control plane that derives it by the same rule gets the same id.
 */
export function platformAgentId(orgId: string): string {
  return uuidv5(`molecule-platform-agent:${orgId}`, uuidv5.URL);
}

/** What the platform agent is called unless the caller names it. */
export function defaultAgentName(organizationName: string): string {
  return `${organizationName} Agent`;
}
