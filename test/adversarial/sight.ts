import type { TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { snapshotOrganization } from '../support/snapshot.ts';
import { recordStatements } from '../support/statements.ts';
import { ask, type Response } from './ask.ts';
import type { GraphqlRequest } from './requests.ts';
import type { World } from './worlds.ts';

/** Everything that can be seen of a request: by its caller, in the log, and by who measures how long it takes. */
export interface Sight {
  readonly response: Response;
  readonly logged: unknown;
  /** Each is planned once, for all values: the same ones take the same course through the same indexes. */
  readonly statements: readonly string[];
  /** The rows of the caller's own organization afterwards. */
  readonly stored: unknown;
}

/** A request of the token of an organization, which knows some ids that are not its own. */
export interface Attempt {
  /** Makes that organization. */
  readonly insert: () => Promise<World>;
  /** What it asks, once its organization is there. */
  readonly request: (own: World) => GraphqlRequest;
  /** What it knows, each of which is shown by its name. */
  readonly known: Readonly<Record<string, string>>;
}

/**
 * Lets the token of a new organization make the attempt, and shows all that can be seen of it. Ids, moments and secrets are
 * shown by what they are, so that two attempts look the same when they differ in those alone.
 */
export async function look(database: TestDatabase, api: TestApi, { insert, request, known }: Attempt): Promise<Sight> {
  const own = await insert();
  // Its use is not noted again for a minute.
  await api.execute('{ viewer { kind } }', {}, own.token);
  const asked = request(own);
  const firstEntry = api.logged.length;
  let response: Response = { status: 0, headers: {} };
  const statements = await recordStatements(async () => {
    response = await ask(api, asked, `Bearer ${own.token}`);
  });
  expectNoLeak(response.errors, JSON.stringify(asked.variables));
  const stored = Object.values(await snapshotOrganization(database, own.ids.organization)).flat();
  const name = namer({ ...known, ...own.ids, mark: own.mark });
  return {
    response: JSON.parse(name(response)),
    logged: api.logged.slice(firstEntry).map(({ level, msg, err }) => name({ level, msg, err })),
    statements: statements.toSorted(),
    stored: stored.map((row) => sortLists(name(row))).toSorted(),
  };
}

/** Rows keep ids in the order of the ids, which are others each time. */
const sortLists = (row: string): string =>
  JSON.stringify(JSON.parse(row), (_, value) => (Array.isArray(value) ? value.toSorted() : value));

/** Writes a value with what is known by its name, and what is new by its kind. */
function namer(known: Readonly<Record<string, string>>): (value: unknown) => string {
  // A short one, such as the id of an update, may be a part of something else.
  const named = Object.entries(known).filter(([, text]) => text.length > 8);
  return (value) => {
    const text = JSON.stringify(value) ?? '';
    return named
      .reduce((shown, [name, id]) => shown.replaceAll(id, name), text)
      .replaceAll(/tap_[\w-]+/g, 'token')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
      .replaceAll(/\\\\x[0-9a-f]{64}/g, 'hash')
      .replaceAll(/R1BDO[\w+/=]+/g, 'cursor')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, 'moment')
      .replaceAll(/\b\d+-1[78]\d{14}\b/g, 'update');
  };
}
