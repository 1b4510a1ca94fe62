// PostGraphile as its guide sets it up: over the same tables, and the functions of functions.sql for what is not a plain
// read. It asks nobody for a token. Its sessions keep generic plans, as Taproot's do: without that PostgreSQL plans the
// function that counts statuses anew for each row. Started with DATABASE_URL and POOL_SIZE; tells its port on standard output.
import './promise-with-resolvers.mjs';
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const { DATABASE_URL, POOL_SIZE } = process.env;
const service = postgraphile({
  extends: [PostGraphileAmberPreset],
  grafserv: { graphiql: false, watch: false },
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ['public'],
      poolConfig: { max: Number(POOL_SIZE), options: '-c plan_cache_mode=force_generic_plan' },
    }),
  ],
}).createServ(grafserv);

const server = createServer();
await service.addTo(server);
await service.ready?.();
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
