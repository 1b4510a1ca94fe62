import { DomainError, type ErrorCode } from '../domain-error.ts';
import type { OrganizationRow } from '../organizations/organization.sql.ts';
import type { InstallConflict } from './plan.ts';

/** An organization that a backfill leaves without its agent: why, and what helps. */
export interface LeftOrganization {
  readonly orgId: string;
  readonly name: string;
  readonly code: ErrorCode | 'INTERNAL_SERVER_ERROR';
  readonly message: string;
  /** The workspaces that are in the way. */
  readonly workspaceIds: readonly string[];
  /** Whether the install would pass under another name of its agent. */
  readonly anotherNameHelps: boolean;
  /** What to do, as sentences. One of them is enough. */
  readonly waysOut: readonly string[];
}

/** An install that is refused, by its preview, which knows more than the error does. */
export function leftInConflict(
  organization: OrganizationRow,
  agentId: string,
  conflict: InstallConflict,
): LeftOrganization {
  const { error, workspaceId, adoptedWorkspaceId, anotherNameHelps } = conflict;
  const rename = (id: string) =>
    `Rename workspace ${id} with renameWorkspace(orgId: "${organization.id}", id: "${id}", name: …), and run this again.`;
  const other = anotherNameHelps
    ? `Give the agent another name with installPlatformAgent(orgId: "${organization.id}", name: …).`
    : rename(adoptedWorkspaceId ?? agentId);
  return {
    orgId: organization.id,
    name: organization.name,
    code: error.code,
    message: error.message,
    workspaceIds: adoptedWorkspaceId === null ? [workspaceId] : [workspaceId, adoptedWorkspaceId],
    anotherNameHelps,
    waysOut: [rename(workspaceId), other],
  };
}

/** An install that failed, in a way that is expected or not. The message of the latter is for who runs the database. */
export function leftByFailure(organization: OrganizationRow, error: unknown): LeftOrganization {
  const isExpected = error instanceof DomainError;
  const code = isExpected ? error.code : 'INTERNAL_SERVER_ERROR';
  const text = error instanceof Error ? error.message.trim() : String(error);
  return {
    orgId: organization.id,
    name: organization.name,
    code,
    message: isExpected ? text : `This failed in a way that nobody expected: ${text}`,
    workspaceIds: [],
    anotherNameHelps: false,
    waysOut: [
      wayOutOf[code] ?? 'Run this again. Where it fails again, find out what its message tells of, and mend that.',
    ],
  };
}

const wayOutOf: Partial<Record<LeftOrganization['code'], string>> = {
  LOCK_TIMEOUT: 'Run this again when other changes to the organization have ended.',
  SERVICE_UNAVAILABLE:
    'Run this again when the database has less to do. Where the organization is very large, raise STATEMENT_TIMEOUT_MS ' +
    'and TRANSACTION_TIMEOUT_MS.',
  NAME_CONFLICT: 'Run this again: its workspaces were being renamed meanwhile.',
};
