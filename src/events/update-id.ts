import { DomainError } from '../domain-error.ts';

/** Up to where a subscriber knows of an organization. */
export interface UpdateId {
  /** The number of the newest event that it was told. */
  readonly seq: bigint;
  /** The moment up to which statuses were judged for it: microseconds since the epoch, on the database's clock. */
  readonly judgedAt: bigint;
}

/** No update can have had this id: it is malformed, or names events that have not happened. */
export class UnknownUpdateError extends DomainError {
  readonly code = 'BAD_USER_INPUT';

  constructor() {
    super(
      'after is not the id of an update of this organization. Subscribe without it, and read the tree anew once the first update is there.',
      { argument: 'after' },
    );
  }
}

const pattern = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})$/;
/** What a bigint of PostgreSQL holds at most. */
const largest = 2n ** 63n - 1n;

/** Writes it as `<seq>-<microseconds>`, such as 42-1790000000000000: like the id of a Redis stream, it can be read. */
export function formatUpdateId({ seq, judgedAt }: UpdateId): string {
  return `${seq}-${judgedAt}`;
}

/**
 * @throws UnknownUpdateError
 */
export function parseUpdateId(text: string): UpdateId {
  const [, seq, judgedAt] = pattern.exec(text) ?? [];
  if (seq === undefined || judgedAt === undefined) throw new UnknownUpdateError();
  const id = { seq: BigInt(seq), judgedAt: BigInt(judgedAt) };
  if (id.seq > largest || id.judgedAt > largest) throw new UnknownUpdateError();
  return id;
}
