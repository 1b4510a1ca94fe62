import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { type WorkspaceKey, workspaceKeyText } from '../workspaces/lineage.ts';

/** What tells which workspace an event is about. */
export interface EventSubject {
  readonly orgId: string;
  readonly type: string;
  readonly subjectId: string | null;
}

/** The workspace that an event happened to; null when it was a token, or the organization itself. */
export type EventWorkspaceLoader = DataLoader<EventSubject, WorkspaceKey | null, string>;

/** Looks up the workspaces of all events that a request asks about in one statement. */
export function createEventWorkspaceLoader(prisma: PrismaClient): EventWorkspaceLoader {
  return new DataLoader<EventSubject, WorkspaceKey | null, string>(
    async (subjects) => {
      const keys = subjects.map(workspaceKeyOf);
      const stored = await selectStored(
        prisma,
        keys.filter((key) => key !== null),
      );
      return keys.map((key) => (key !== null && stored.has(workspaceKeyText(key)) ? key : null));
    },
    { cacheKeyFn: ({ orgId, type, subjectId }) => `${orgId}/${type}/${subjectId}` },
  );
}

/** A caller may choose the id of a workspace, even that of a token, so the type of the event has to tell them apart. */
function workspaceKeyOf({ orgId, type, subjectId }: EventSubject): WorkspaceKey | null {
  return subjectId === null || type.startsWith('api_token.') ? null : { orgId, id: subjectId };
}

/** No foreign key promises that the subject of an event is there, so it is looked up. */
async function selectStored(prisma: PrismaClient, keys: readonly WorkspaceKey[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const orgIds = keys.map(({ orgId }) => orgId);
  const stored = await prisma.$queryRaw<WorkspaceKey[]>`
    select workspace.org_id as "orgId", workspace.id
    from unnest(${orgIds}::uuid[], ${keys.map(({ id }) => id)}::uuid[]) as subject (org_id, id)
    join workspaces workspace on workspace.org_id = subject.org_id and workspace.id = subject.id
    where workspace.org_id = any(${orgIds}::uuid[])`;
  return new Set(stored.map(workspaceKeyText));
}
