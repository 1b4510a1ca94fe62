import { builder } from '../graphql/builder.ts';

export const WorkspaceStatusEnum = builder.enumType('WorkspaceStatus', {
  description:
    'What is true of a workspace now: its lifecycle and its heartbeats together, judged on the clock of the database.',
  values: {
    ONLINE: { value: 'online', description: 'A heartbeat came within the liveness window.' },
    DEGRADED: { value: 'degraded', description: 'As ONLINE, but the workspace says that it is not well.' },
    PROVISIONING: { value: 'provisioning', description: 'It is being set up, and has not been heard yet.' },
    OFFLINE: { value: 'offline', description: 'Nothing has been heard within the liveness window.' },
    FAILED: { value: 'failed', description: 'Setting it up failed, or took longer than the provisioning window.' },
    REMOVED: { value: 'removed', description: 'A tombstone. Only restoreWorkspace brings it back.' },
  } as const,
});

export const WorkspaceKindEnum = builder.enumType('WorkspaceKind', {
  description: 'What a workspace is in its tree.',
  values: {
    WORKSPACE: { value: 'workspace', description: 'An agent, or a team of agents.' },
    PLATFORM: {
      value: 'platform',
      description: 'The platform agent, once installed the only live root of its organization.',
    },
  } as const,
});

export const WorkspaceHealthEnum = builder.enumType('WorkspaceHealth', {
  description: 'How a workspace that sends a heartbeat says it feels.',
  values: {
    HEALTHY: { value: 'healthy', description: 'It does its work.' },
    DEGRADED: { value: 'degraded', description: 'It works, but not as it should.' },
  } as const,
});

export const ProvisioningStateEnum = builder.enumType('ProvisioningState', {
  description: 'What a provisioner does with a workspace.',
  values: {
    PROVISIONING: { value: 'provisioning', description: 'It is setting the workspace up.' },
    FAILED: { value: 'failed', description: 'It could not.' },
    OFFLINE: { value: 'offline', description: 'It has finished or stopped: from now on heartbeats alone tell.' },
  } as const,
});

export const PluginPolicyEnum = builder.enumType('PluginPolicy', {
  description: 'Which plugins a root admits in the tree below it.',
  values: {
    ALLOW_ALL: { value: 'allow_all', description: 'Every plugin is admitted; the allowlist does not matter.' },
    ALLOW_LISTED: { value: 'allow_listed', description: 'Only plugins on the allowlist are admitted.' },
  } as const,
});
