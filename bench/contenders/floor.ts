import pg from 'pg';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { installPlatformAgent } from '../../src/platform-agent/install.ts';
import { updateAndReadHeartbeats } from '../../src/workspaces/heartbeat.sql.ts';
import { bareTransaction } from './bare-transaction.ts';
import { poolSize } from './servers.ts';

export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

/** What PostgreSQL and its driver alone take: the same statements, named, from a pool of connections. */
export interface Floor {
  install(orgId: string): Promise<AgentRow>;
  heartbeat(orgId: string, workspaceId: string): Promise<AgentRow>;
  heartbeats(orgId: string, workspaceIds: readonly string[]): Promise<number>;
  tree(orgId: string): Promise<unknown[]>;
  organizations(): Promise<unknown[]>;
  close(): Promise<void>;
}

const selectAgent = {
  name: 'select_agent',
  text: `select w.id, w.name, w.status from judged_workspaces w where w.org_id = $1 and w.id = $2`,
};

const selectSettled = {
  name: 'select_settled',
  text: `${selectAgent.text}
         and (w.lifecycle = 'removed' or (w.kind = 'platform' and
              exists (select from organizations o where o.id = w.org_id and not o.open_roots)))`,
};

const selectTree = {
  name: 'select_tree',
  text: `select w.id, w.parent_id, w.name, w.status, w.last_heartbeat_at
         from judged_workspaces w
         where w.org_id = $1 and w.lifecycle <> 'removed'
         order by w.name, w.id
         limit 1000`,
};

const selectOrganizations = {
  name: 'select_organizations',
  text: `select o.id, o.name, o.open_roots from organizations o order by o.name, o.id limit 100`,
};

const selectStatusCounts = {
  name: 'select_status_counts',
  text: `select org_id, status, count(*) from workspace_states where org_id = any($1) group by org_id, status`,
};

export function createFloor(databaseUrl: string): Floor {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  const one = async (query: pg.QueryConfig, values: unknown[]): Promise<AgentRow | undefined> =>
    (await pool.query<AgentRow>({ ...query, values })).rows[0];

  const install = async (orgId: string): Promise<AgentRow> => {
    const settled = await one(selectSettled, [orgId, platformAgentId(orgId)]);
    if (settled !== undefined) return settled;
    const client = await pool.connect();
    try {
      await client.query('begin');
      const { agent: agentId } = await installPlatformAgent(bareTransaction(client), { orgId, actor: 'operator' });
      const { rows } = await client.query<AgentRow>({ ...selectAgent, values: [orgId, agentId] });
      await client.query('commit');
      return found(rows[0]);
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };

  return {
    install,
    async heartbeat(orgId, workspaceId) {
      const beats = [{ orgId, workspaceId, health: 'healthy', message: null }] as const;
      const [workspace] = await updateAndReadHeartbeats(bareTransaction(pool), beats);
      const { id, name, state } = found(workspace);
      return { id, name, status: state.status };
    },
    async heartbeats(orgId, workspaceIds) {
      const { rowCount } = await pool.query({ ...updateFromUnnest, values: [orgId, workspaceIds] });
      return rowCount ?? 0;
    },
    tree: async (orgId) => (await pool.query({ ...selectTree, values: [orgId] })).rows,
    async organizations() {
      const { rows } = await pool.query(selectOrganizations);
      const counts = await pool.query({ ...selectStatusCounts, values: [rows.map(({ id }) => id)] });
      const byId = new Map(rows.map((row) => [row.id, { ...row, counts: {} as Record<string, string> }]));
      for (const { org_id: orgId, status, count } of counts.rows)
        Object.assign(byId.get(orgId)?.counts ?? {}, { [status]: count });
      return [...byId.values()];
    },
    close: () => pool.end(),
  };
}

/** The least that a batch of heartbeats can be: no check, no order of locks. */
const updateFromUnnest = {
  name: 'update_from_unnest',
  text: `update workspace_heartbeats h
         set last_seen_at = clock_timestamp(), health = 'healthy', message = null
         from unnest($2::uuid[]) as beat (workspace_id)
         where h.org_id = $1 and h.workspace_id = beat.workspace_id`,
};

function found<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('The row that was written is not there.');
  return row;
}
