import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startContenders, warmUp } from './contenders.ts';
import { type BenchPostgres, startPostgres } from './database.ts';
import { type Measurement, measure, type Scenario } from './measure.ts';
import { formatGrowth, formatMachine, formatMeasurements, formatMemory, machine } from './report.ts';
import { measureGrowthWithOrganizations, measureGrowthWithRoots } from './scenarios/growth.ts';
import { heartbeatScenarios } from './scenarios/heartbeats.ts';
import { installScenarios } from './scenarios/install.ts';
import { measureMemory } from './scenarios/memory.ts';
import { readScenarios } from './scenarios/reads.ts';
import { seedOrganizations, seedTree, settle } from './seed.ts';

const usage = `Usage: npm run bench -- [--short] [--only TEXT] [--json FILE] [--help]

  --short      a few operations of everything, to see that it works: its figures mean nothing
  --only TEXT  only the operations whose name holds TEXT, or growth, or memory
  --json FILE  where to write all that was measured; bench-results.json unless it is given
  --help       this text`;

/** How much of everything: in full, and to see that it works. */
const extents = {
  full: {
    rounds: 5,
    scale: 1,
    roots: [10, 100, 1_000, 10_000],
    organizations: [1_000, 200_000],
    growthRounds: 5,
    requests: 100_000,
  },
  short: { rounds: 1, scale: 0.05, roots: [10, 100], organizations: [1_000, 2_000], growthRounds: 1, requests: 1_000 },
} as const;

const { values: options } = parseOptions();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const extent = options.short ? extents.short : extents.full;
const includes = (name: string) => name.includes(options.only ?? '');

const postgres = await startPostgres();
try {
  const measurements = await measureAll(postgres);
  const growth = includes('growth')
    ? [
        await measureGrowthWithRoots(postgres, extent.roots, extent.growthRounds),
        await measureGrowthWithOrganizations(postgres, extent.organizations, extent.growthRounds),
      ]
    : [];
  const memory = includes('memory') ? await measureMemory(postgres, extent.requests) : undefined;
  const report = [
    formatMachine(),
    ...(measurements.length > 0 ? [formatMeasurements(measurements)] : []),
    ...growth.map(formatGrowth),
    ...(memory ? [formatMemory(memory)] : []),
  ];
  console.log(`\n${report.join('\n\n')}`);
  const file = options.json ?? 'bench-results.json';
  await writeFile(file, `${JSON.stringify({ machine, extent, measurements, growth, memory }, null, 2)}\n`);
  console.error(`\nAll that was measured is in ${file}.`);
} finally {
  await postgres.stop();
}

async function measureAll(postgres: BenchPostgres): Promise<Measurement[]> {
  const database = await postgres.createDatabase('side_by_side');
  // The page of organizations that is measured shows these, whatever else comes.
  await seedOrganizations(database, 2_000, 3, 'Acme');
  const treeOrgId = await seedTree(database, 1_000, 5);
  const beatingOrgId = await seedTree(database, 4_000, 5);
  const rows = await database.query<{ id: string }>('select id from workspaces where org_id = $1', [beatingOrgId]);
  const workspaceIds = rows.map(({ id }) => id);
  await settle(database);
  const contenders = await startContenders(database, 64);
  try {
    console.error('warming up …');
    await warmUp(database, contenders, treeOrgId, extent.scale);
    const scenarios: Scenario[] = [
      ...installScenarios(database, contenders, extent.scale),
      ...(await readScenarios(database, contenders, treeOrgId, extent.scale)),
      ...heartbeatScenarios(contenders, beatingOrgId, workspaceIds, extent.scale),
    ];
    const measurements: Measurement[] = [];
    for (const scenario of scenarios.filter(({ operation }) => includes(operation))) {
      console.error(`${scenario.operation}, ${scenario.clients} at once …`);
      measurements.push(...(await measure(scenario, extent.rounds)));
      await settle(database);
    }
    return measurements;
  } finally {
    await contenders.stop();
    await database.drop();
  }
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        short: { type: 'boolean' },
        only: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
