import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { isOneTransaction } from './script.ts';

declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

// PostgreSQL's internal one-byte type, in which its catalog keeps codes. Prisma's adapter does not know it.
const CHAR_OID = 18;
const TEXT_OID = 25;

/** Prisma's schema engine, the one inside `prisma migrate`, at work on a database session. */
export interface SchemaEngine {
  engine: bindings.SchemaEngine;
  /** What PostgreSQL said to the migration that failed last. The engine keeps only its message. */
  scriptError(): pg.DatabaseError | undefined;
}

/**
 * Makes a schema engine for the session, a pool of one connection. It needs no native binary: the same engine is
 * published as WebAssembly.
 */
export async function createSchemaEngine(session: pg.Pool, schema: string): Promise<SchemaEngine> {
  instantiated ??= instantiate();
  await instantiated;
  const factory = new SessionAdapterFactory(session);
  const adapter = bindMigrationAwareSqlAdapterFactory(factory);
  const engine = await bindings.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, adapter);
  return { engine, scriptError: () => factory.scriptError };
}

let instantiated: Promise<void> | undefined;

/** The package leaves it to a bundler to load its WebAssembly. */
async function instantiate(): Promise<void> {
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const imports = Object.entries(bindings).map(([name, value]) =>
    // It never clears the timer that bounds its wait for a lock, for which the process would not end.
    name.startsWith('__wbg_setTimeout_')
      ? [name, (run: () => void, ms: number) => setTimeout(run, ms).unref()]
      : [name, value],
  );
  const { instance } = await WebAssembly.instantiate(await readFile(script.replace(/\.js$/, '.wasm')), {
    './schema_engine_bg.js': Object.fromEntries(imports),
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** Prisma's adapter for `pg`, corrected where the schema engine asks for more than Prisma's client does. */
class SessionAdapterFactory extends PrismaPg {
  scriptError: pg.DatabaseError | undefined;
  private readonly session: pg.Pool;
  private charColumns: number[] = [];

  constructor(session: pg.Pool) {
    super(session);
    this.session = session;
    const query = session.query.bind(session) as (query: unknown) => Promise<pg.QueryResult>;
    session.query = (async (config: unknown) => {
      const result = await query(config);
      this.charColumns = [];
      for (const [index, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID !== CHAR_OID) continue;
        this.charColumns.push(index);
        field.dataTypeID = TEXT_OID;
      }
      return result;
    }) as typeof session.query;
  }

  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        const result = await queryRaw(query);
        for (const index of this.charColumns) result.columnTypes[index] = ColumnTypeEnum.Character;
        return result;
      },
      executeScript: (script: string) => this.executeScript(script),
    });
  }

  /**
   * Runs a migration, and notes in the same transaction that it is finished. Prisma's adapter would cut the script at
   * every semicolon, those inside a function's body included.
   */
  private async executeScript(script: string): Promise<void> {
    const note =
      'update _prisma_migrations set finished_at = now() where finished_at is null and rolled_back_at is null';
    try {
      await this.session.query(isOneTransaction(script) ? `${script}\n;${note}` : script);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      this.scriptError = error;
      const { code = '', severity = '', message, detail, column, hint } = error;
      throw new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
    }
  }
}
