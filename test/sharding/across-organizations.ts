/** A kind of statement that is meant to read rows of organizations that no parameter names. */
export interface AcrossOrganizations {
  readonly name: string;
  /** Matches the whole statement, with single spaces. */
  readonly statement: RegExp;
  /** The tables whose rows it may read of any organization. All others it must bind, to these at least. */
  readonly tables: readonly string[];
  /** Why it has to, and why that is bearable. */
  readonly reason: string;
}

/**
 * All statements of the server that do not bind the organization. Add to it only what is about many organizations by its
 * nature, and never what a client with an organization's token can cause.
 */
export const acrossOrganizations: readonly AcrossOrganizations[] = [
  {
    name: 'a page of the list of organizations',
    statement:
      /^SELECT (?!COUNT).* FROM "public"\."organizations" .*ORDER BY [^()]*"name" (ASC|DESC), [^()]*"id" \1 LIMIT \$\d+ OFFSET \$\d+$/,
    tables: ['organizations'],
    reason:
      'The operator looks through all organizations. A page is read in the order of the index on the name, and shards give ' +
      "a page each, of which the first rows are kept. With an organization's token the statement binds its id.",
  },
  {
    name: 'how many organizations there are',
    statement:
      /^SELECT COUNT\(\*\) .* FROM \(SELECT "public"\."organizations"\."id" FROM "public"\."organizations" WHERE /,
    tables: ['organizations'],
    reason:
      'The operator asks for the number of all organizations, or of those that a search finds. It reads one index as a whole, ' +
      "shard by shard, and nothing else waits for it. With an organization's token the statement binds its id.",
  },
];
