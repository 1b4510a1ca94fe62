/** A kind of statement that is meant to read rows of organizations that no parameter names. */
export interface AcrossOrganizations {
  readonly name: string;
  /** Matches the whole statement, with single spaces. */
  readonly statement: RegExp;
  /** The tables whose rows it may read of any organization. All others it must bind, to these at least. */
  readonly tables: readonly string[];
  /** What of these tables its plan may read as a whole, as `findWholeReads` tells it: table, kind of scan, index. */
  readonly wholeReads?: RegExp;
  /** Why it has to, and why that is bearable. */
  readonly reason: string;
}

const pageOf = (rest: string) =>
  new RegExp(
    `^SELECT (?!COUNT)${rest} FROM "public"\\."organizations" .*"name" (ASC|DESC), [^ ]+"id" \\1 LIMIT \\$\\d+ OFFSET \\$\\d+$`,
  );

/**
 * All statements of the server that do not bind the organization. Add to it only what is about many organizations by its
 * nature, and never what a client with an organization's token can cause.
 */
export const acrossOrganizations: readonly AcrossOrganizations[] = [
  {
    name: 'the first page of the list of organizations',
    statement: pageOf('(?!.*[<>]= \\(SELECT)(?!.*ILIKE).*'),
    tables: ['organizations'],
    wholeReads: /^organizations: Index (Only )?Scan organizations_name_id_idx$/,
    reason:
      'The operator looks through all organizations. The page is read from the end of the index on the name. Shards give a ' +
      'page each, of which the first rows are kept. With the token of an organization the statement binds its id.',
  },
  {
    name: 'a further page of the list of organizations',
    statement: pageOf('(?=.*[<>]= \\(SELECT)(?!.*ILIKE).*'),
    tables: ['organizations'],
    reason:
      'The operator looks further. The page is read along the index on the name, from the cursor on, and no earlier name is ' +
      'read again. With the token of an organization the statement binds its id.',
  },
  {
    name: 'a page of the organizations that a search finds',
    statement: pageOf('(?=.*ILIKE).*'),
    tables: ['organizations'],
    wholeReads: /^organizations: /,
    reason:
      'The operator searches for a part of the name, in any case, which no index of PostgreSQL itself knows. It reads the ' +
      'names until a page is full. With the token of an organization the statement binds its id.',
  },
  {
    name: 'how many organizations there are',
    statement:
      /^SELECT COUNT\(\*\) .* FROM \(SELECT "public"\."organizations"\."id" FROM "public"\."organizations" WHERE /,
    tables: ['organizations'],
    wholeReads: /^organizations: /,
    reason:
      'The operator asks for the number of all organizations, or of those that a search finds. It reads their rows, shard ' +
      'by shard, and nothing waits for it. With the token of an organization the statement binds its id.',
  },
  {
    name: 'a page of the backfill',
    statement:
      /^select id, name, open_roots as "openRoots" from organizations (where id > \$1::uuid )?order by id limit \$\d$/,
    tables: ['organizations'],
    wholeReads: /^organizations: Index Scan organizations_pkey$/,
    reason:
      'The backfill goes through all organizations, in the order of their ids. A page is read along the primary key, from the ' +
      'last id on. Nobody who calls the API can cause it.',
  },
  {
    name: 'how many organizations a backfill has before it',
    statement: /^select count\(\*\) from organizations$/,
    tables: ['organizations'],
    wholeReads: /^organizations: /,
    reason:
      'The backfill tells how far it has come. It counts once, at its start. Nobody who calls the API can cause it.',
  },
  {
    name: 'how many agents are silent',
    statement: /^select count\(\*\)::int as count from workspace_states cross join status_windows where status in /,
    tables: ['workspace_states'],
    wholeReads: /^(workspaces|workspace_heartbeats): Seq Scan$/,
    reason:
      'The metrics tell of all organizations. An index on the time of a heartbeat would have to be kept by every heartbeat. It is ' +
      'counted once a minute at most, within the time-out of statements, and only when the metrics are read: by nobody who calls the API.',
  },
];
