import { expect } from 'vitest';
import type { ApiClient } from './api-client.ts';
import type { TestDatabase } from './database.ts';
import { type Effects, effectsSelection } from './install.ts';
import { snapshotOrganization } from './snapshot.ts';

export const previewDocument = `
  query Preview($orgId: ID!, $name: String) {
    platformAgentPreview(orgId: $orgId, name: $name) {
      agentId
      agentName
      outcome
      conflict { code message name workspace { id } adoptedWorkspace { id } anotherNameHelps }
      pluginPolicy
      restrictedRoots { id }
      allowlist { plugin enabledBy enabledAt root { id } duplicates { enabledBy enabledAt root { id } } }
      ${effectsSelection}
    }
  }`;

interface Named {
  id: string;
}

interface Provenance {
  enabledBy: string;
  enabledAt: string;
  root: Named;
}

export interface Previewed extends Effects {
  agentId: string;
  agentName: string;
  outcome: 'INSTALLS' | 'ALREADY_INSTALLED' | 'REMOVED' | 'CONFLICT';
  conflict: {
    code: string;
    message: string;
    name: string;
    workspace: Named;
    adoptedWorkspace: Named | null;
    anotherNameHelps: boolean;
  } | null;
  pluginPolicy: 'ALLOW_ALL' | 'ALLOW_LISTED';
  restrictedRoots: Named[];
  allowlist: (Provenance & { plugin: string; duplicates: Provenance[] })[];
}

/**
 * Asks what an install would do, as a client would and as the operator unless a token is given. Fails when a single row
 * of the organization is different afterwards. (That a token was used is noted once a minute: let it be used before.)
 */
export async function preview(
  api: ApiClient,
  database: TestDatabase,
  orgId: string,
  { name, token }: { name?: string | undefined; token?: string } = {},
): Promise<Previewed> {
  const before = await snapshotOrganization(database, orgId);
  const { platformAgentPreview } = await api.expectData(previewDocument, { orgId, name }, token);
  expect(await snapshotOrganization(database, orgId), 'the rows after a preview').toEqual(before);
  return platformAgentPreview;
}
