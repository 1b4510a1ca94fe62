import { randomUUID } from 'node:crypto';
import { encodeBase64, encodeCursorChunk, encodeCursorTuple } from '@pothos/core';
import { getNamedType, isEnumType } from 'graphql';
import type { TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertNeighbour, insertPlatformAgent, insertWorkspace, type Neighbour } from '../support/fixtures.ts';
import { install } from '../support/install.ts';
import { type Input, isId } from './inputs.ts';
import type { IdMeaning } from './meanings.ts';
import { type ChooseValue, isRequired } from './requests.ts';

/** An id, or a cursor, for everything that an input can mean. */
export type Ids = Readonly<Record<IdMeaning, string>>;

/** An organization that has some of everything, whose names and texts bear a mark that is found again wherever it leaks. */
export interface World {
  readonly ids: Ids;
  readonly token: string;
  readonly mark: string;
}

/** Inserts an organization with some of everything, its agent as a foreign writer puts it there: not installed. */
export async function insertWorld(database: TestDatabase, { hasAgent = true } = {}): Promise<World> {
  const neighbour = await insertNeighbour(database);
  if (hasAgent) await insertPlatformAgent(database, neighbour.orgId);
  return markWorld(database, neighbour);
}

/** Inserts an organization with some of everything, and installs its agent. */
export async function insertInstalledWorld(database: TestDatabase, api: TestApi): Promise<World> {
  const neighbour = await insertNeighbour(database);
  await install(api, neighbour.orgId);
  return markWorld(database, neighbour);
}

async function markWorld(database: TestDatabase, neighbour: Neighbour): Promise<World> {
  const { orgId, rootIds, childId, removedId, tokenId, token } = neighbour;
  const grandchildId = await insertWorkspace(database, orgId, { parentId: childId, name: 'Helper' });
  const mark = `mark-${randomUUID().slice(0, 8)}`;
  await database.query(
    `with
       organization as (update organizations set name = $2 || name where id = $1),
       workspace as (
         update workspaces set name = $2 || name, runtime = $2, lifecycle_message = $2 where org_id = $1
       ),
       heartbeat as (update workspace_heartbeats set message = $2 where org_id = $1),
       token as (update org_api_tokens set name = $2, created_by = $2 where org_id = $1),
       entry as (update org_plugin_allowlist set enabled_by = $2 where org_id = $1)
     update org_events set actor = $2, data = data || jsonb_build_object('mark', $2::text) where org_id = $1`,
    [orgId, mark],
  );
  const ids: Ids = {
    organization: orgId,
    newOrganization: orgId,
    workspace: childId,
    grandchild: grandchildId,
    newWorkspace: childId,
    root: rootIds[0],
    otherRoot: rootIds[1],
    removedWorkspace: removedId,
    apiToken: tokenId,
    update: '1-1',
    OrganizationConnection: cursor(orgId),
    OrganizationEventConnection: cursor([orgId, 1n]),
    WorkspaceConnection: cursor([orgId, childId]),
  };
  return { ids, token, mark };
}

/** Ids of the same form as those of a world, of things that are not there. */
export function idsOfNothing(): Ids {
  const orgId = randomUUID();
  return {
    organization: orgId,
    newOrganization: orgId,
    workspace: randomUUID(),
    grandchild: randomUUID(),
    newWorkspace: randomUUID(),
    root: randomUUID(),
    otherRoot: randomUUID(),
    removedWorkspace: randomUUID(),
    apiToken: randomUUID(),
    update: '1-1',
    OrganizationConnection: cursor(orgId),
    OrganizationEventConnection: cursor([orgId, 1n]),
    WorkspaceConnection: cursor([orgId, randomUUID()]),
  };
}

/**
 * The values that a client passes who knows these ids: of what has to be there, and no more. Those of `others`, by their
 * coordinates, take the place of them.
 */
export function valuesOf(ids: Ids, others: Readonly<Record<string, unknown>> = {}): ChooseValue {
  return (input) => {
    if (input.coordinate in others) return others[input.coordinate];
    // A root may be left out where there is only one.
    if (!isRequired(input) && input.meaning !== 'root') return undefined;
    return isId(input.meaning) ? ids[input.meaning] : sampleOf(input);
  };
}

/** Something that is allowed where an input is no id. */
function sampleOf({ meaning, type }: Input): unknown {
  switch (meaning) {
    case 'size':
      return 5;
    case 'time':
      return '2999-01-01T00:00:00Z';
    case 'plugin':
      return 'search';
    case undefined: {
      const named = getNamedType(type);
      return isEnumType(named) ? named.getValues().at(-1)?.name : false;
    }
    default:
      return `sample-${randomUUID()}`;
  }
}

/** The cursor of a row with this key, as the Prisma plugin writes it. */
export const cursor = (key: string | readonly (string | bigint)[]): string =>
  encodeBase64(`GPC:${typeof key === 'string' ? encodeCursorChunk(key) : encodeCursorTuple([...key])}`);
