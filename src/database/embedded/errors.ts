/** The embedded PostgreSQL cannot be had. The message says why, and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

/** Another live server owns the data directory. `pid` is its process, where it could be told. */
export class DataDirectoryInUseError extends EmbeddedPostgresError {
  override name = 'DataDirectoryInUseError';
  readonly pid: number | undefined;

  constructor(directory: string, pid?: number) {
    super(
      `The data in ${directory} is in use by another running server${pid ? ` (process ${pid})` : ''}. ` +
        'Stop that server, or give this one a directory of its own with DATA_DIR, or a database with DATABASE_URL.',
    );
    this.pid = pid;
  }
}

/** PostgreSQL did not start, or ended by itself. `log` holds the last it wrote. */
export class PostgresExitedError extends EmbeddedPostgresError {
  override name = 'PostgresExitedError';
  readonly log: string;

  constructor(what: string, log: string) {
    const advice = /No space left on device|Disk quota exceeded/.test(log) ? ' The disk is full: make room on it.' : '';
    super(`${what}.${advice}${log ? ` The last lines of its log:\n${log}` : ''}`);
    this.log = log;
  }
}
