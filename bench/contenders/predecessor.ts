import pg from 'pg';
import { platformAgentId } from '../../src/platform-agent/identity.ts';
import { poolSize } from './servers.ts';

/** The install of the handler that Taproot replaces: a loop over the roots, four statements for each. */
export interface Predecessor {
  install(orgId: string): Promise<{ readonly name: string; readonly status: string }>;
  close(): Promise<void>;
}

const statements = {
  lockOrganization: 'select name from organizations where id = $1 for update',
  lockRoots: `select id from workspaces
              where org_id = $1 and parent_id is null and lifecycle <> 'removed' order by id for update`,
  insertAgent: `insert into workspaces (org_id, id, name, kind, tier) values ($1, $2, $3, 'platform', 0)`,
  insertHeartbeat: 'insert into workspace_heartbeats (org_id, workspace_id) values ($1, $2)',
  moveTokens: 'update org_api_tokens set root_id = $2 where org_id = $1 and root_id = $3',
  copyPlugins: `insert into org_plugin_allowlist (org_id, root_id, plugin_name, enabled_by, enabled_at)
                select org_id, $2, plugin_name, enabled_by, enabled_at from org_plugin_allowlist
                where org_id = $1 and root_id = $3
                on conflict do nothing`,
  deletePlugins: 'delete from org_plugin_allowlist where org_id = $1 and root_id = $2',
  adopt: 'update workspaces set parent_id = $2, updated_at = clock_timestamp() where org_id = $1 and id = $3',
  close: 'update organizations set open_roots = false, event_seq = event_seq + 1 where id = $1 returning event_seq',
  tell: `insert into org_events (org_id, seq, type, actor, subject_id)
         values ($1, $2, 'platform_agent.installed', 'operator', $3)`,
  readAgent: `select w.name, s.status from workspaces w
              join workspace_states s on s.org_id = w.org_id and s.workspace_id = w.id
              where w.org_id = $1 and w.id = $2`,
} as const;

export function createPredecessor(databaseUrl: string): Predecessor {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  return {
    async install(orgId) {
      const client = await pool.connect();
      const run = (name: keyof typeof statements, ...values: unknown[]) =>
        client.query({ name, text: statements[name], values });
      try {
        await client.query('begin');
        const agentId = platformAgentId(orgId);
        const organization = await run('lockOrganization', orgId);
        const roots = await run('lockRoots', orgId);
        await run('insertAgent', orgId, agentId, `${organization.rows[0].name} Agent`);
        await run('insertHeartbeat', orgId, agentId);
        for (const { id } of roots.rows) {
          await run('moveTokens', orgId, agentId, id);
          await run('copyPlugins', orgId, agentId, id);
          await run('deletePlugins', orgId, id);
          await run('adopt', orgId, agentId, id);
        }
        const closed = await run('close', orgId);
        await run('tell', orgId, closed.rows[0].event_seq, agentId);
        const { rows } = await run('readAgent', orgId, agentId);
        await client.query('commit');
        return rows[0];
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
