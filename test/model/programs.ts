import fc from 'fast-check';
import type { Arguments, Call, Health, Mutation } from './calls.ts';
import { type Beginning, beginning } from './initial-state.ts';
import { names, organizationSymbols, plugins, tokenSymbols } from './symbols.ts';

/** What is run: an organization, and who calls what at the same time as the others. */
export interface Program {
  /** Which ids sort before which follows from that of the organization. */
  readonly orgId: string;
  readonly beginning: Beginning;
  readonly callers: readonly { readonly kind: CallerKind; readonly calls: readonly Call[] }[];
}

/**
 * The operator, the bearer of a token that the organization begins with, or an operator who has created a token, and makes
 * the further calls with it.
 */
type CallerKind = 'operator' | 'token' | 'creator';

const optional = { nil: undefined };
const name = fc.constantFrom(...names);
const plugin = fc.constantFrom(...plugins);
const health = fc.constantFrom<Health[]>('HEALTHY', 'DEGRADED');
const orgId = fc.oneof(
  { weight: 30, arbitrary: fc.constant('@org') },
  { weight: 1, arbitrary: fc.constantFrom('@no-org', '@their-org') },
);

type Drawing = { readonly [M in Mutation]: fc.Arbitrary<Record<keyof Arguments[M], unknown>> };

/** How the arguments of every mutation are drawn: about the workspaces of these words. */
export function argumentsAbout(workspaceSymbols: readonly string[]): Drawing {
  const workspaceId = fc.constantFrom(...workspaceSymbols);
  const rootId = fc.option(workspaceId, optional);
  return {
    createOrganization: fc.record({
      id: fc.option(fc.constantFrom(...organizationSymbols), optional),
      name: fc.constantFrom('Acme', 'Other'),
    }),
    installPlatformAgent: fc.record({ orgId, name: fc.option(name, optional) }),
    createWorkspace: fc.record({
      orgId,
      name,
      parentId: fc.option(workspaceId, optional),
      id: fc.option(fc.constantFrom('@new0', '@new0', '@w0', '@agent'), optional),
      runtime: fc.option(fc.constantFrom('claude-code', 'codex'), optional),
    }),
    moveWorkspace: fc.record({ orgId, id: workspaceId, parentId: workspaceId }),
    renameWorkspace: fc.record({ orgId, id: workspaceId, name }),
    removeWorkspace: fc.record({ orgId, id: workspaceId, includeDescendants: fc.option(fc.boolean(), optional) }),
    restoreWorkspace: fc.record({ orgId, id: workspaceId }),
    allowPlugin: fc.record({ orgId, plugin, rootId }),
    disallowPlugin: fc.record({ orgId, plugin, rootId }),
    setPluginPolicy: fc.record({ orgId, policy: fc.constantFrom('ALLOW_ALL', 'ALLOW_LISTED'), rootId }),
    createApiToken: fc.record({
      orgId,
      name: fc.constant('made'),
      rootId,
      expiresAt: fc.constantFrom(undefined, undefined, '2001-01-01T00:00:00.000Z', '2200-01-01T00:00:00.000Z'),
    }),
    revokeApiToken: fc.record({ orgId, id: fc.constantFrom(...tokenSymbols) }),
    recordHeartbeat: fc.record({ orgId, workspaceId, health: fc.option(health, optional) }),
    recordHeartbeats: fc.record({
      orgId,
      heartbeats: fc.array(fc.record({ workspaceId, health }), { minLength: 1, maxLength: 3 }),
    }),
    reportProvisioning: fc.record({
      orgId,
      workspaceId,
      state: fc.constantFrom('PROVISIONING', 'FAILED', 'OFFLINE'),
    }),
  };
}

function callsAbout(workspaceSymbols: readonly string[]): fc.Arbitrary<Call> {
  const drawn = Object.entries(argumentsAbout(workspaceSymbols)).map(([mutation, args]) =>
    fc.record({ mutation: fc.constant(mutation), args }),
  );
  return fc.oneof(...drawn) as unknown as fc.Arbitrary<Call>;
}

/** What programs are drawn by. */
export interface Extent {
  readonly callers: { readonly min: number; readonly max: number };
  /** Of each caller. */
  readonly maxCalls: number;
  /** What stands for the workspaces that the calls are about. */
  readonly workspaceSymbols: readonly string[];
}

export function programs({ callers, maxCalls, workspaceSymbols }: Extent): fc.Arbitrary<Program> {
  const caller = fc.record({
    kind: fc.constantFrom<CallerKind[]>('operator', 'operator', 'operator', 'token', 'creator'),
    calls: fc.array(callsAbout(workspaceSymbols), { minLength: 1, maxLength: maxCalls, size: 'max' }),
  });
  return fc
    .record({
      orgId: fc.noShrink(fc.uuid()),
      beginning,
      callers: fc.array(caller, { minLength: callers.min, maxLength: callers.max, size: 'max' }),
    })
    .map((program) => Object.assign(program, { [fc.toStringMethod]: () => describeProgram(program) }));
}

function describeProgram({ orgId, beginning, callers }: Program): string {
  const lines = callers.flatMap(({ kind, calls }, index) => [
    `caller ${index} (${kind}):`,
    ...calls.map((call) => `  ${describeCall(call)}`),
  ]);
  return ['', `organization: ${orgId}`, `beginning: ${fc.stringify(beginning)}`, ...lines, ''].join('\n');
}

/** `moveWorkspace(orgId: @org, id: @w0, parentId: @agent)` */
export function describeCall({ mutation, args }: Call): string {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const text = given.map(([argument, value]) => `${argument}: ${JSON.stringify(value)}`).join(', ');
  return `${mutation}(${text.replace(/"(@[\w-]+)"/g, '$1')})`;
}
