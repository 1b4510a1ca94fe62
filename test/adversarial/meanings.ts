/** What an id, a number or a text stands for, which its type does not tell. */
export type Meaning = IdMeaning | 'size' | 'name' | 'runtime' | 'plugin' | 'message' | 'search' | 'time';

/** What is the id of something, or the place of something in a list. */
export type IdMeaning =
  | 'organization'
  | 'newOrganization'
  | 'workspace'
  | 'grandchild'
  | 'newWorkspace'
  | 'root'
  | 'otherRoot'
  | 'removedWorkspace'
  | 'apiToken'
  | 'update'
  | 'OrganizationConnection'
  | 'OrganizationEventConnection'
  | 'WorkspaceConnection';

/**
 * What the arguments and input fields of the schema mean, by their names, or by `Type.field(argument)` and `Input.field`
 * where the name alone does not tell. Those named after and before are cursors of the connection that their field gives.
 */
export const meanings: Readonly<Record<string, Meaning>> = {
  orgId: 'organization',
  workspaceId: 'workspace',
  rootId: 'root',
  'Query.organization(id)': 'organization',
  'Query.workspace(id)': 'workspace',
  'Mutation.createOrganization(id)': 'newOrganization',
  'Mutation.createWorkspace(id)': 'newWorkspace',
  'Mutation.createWorkspace(parentId)': 'root',
  'Mutation.moveWorkspace(id)': 'workspace',
  'Mutation.moveWorkspace(parentId)': 'otherRoot',
  'Mutation.renameWorkspace(id)': 'workspace',
  'Mutation.removeWorkspace(id)': 'grandchild',
  'Mutation.restoreWorkspace(id)': 'removedWorkspace',
  'Mutation.revokeApiToken(id)': 'apiToken',
  'Subscription.organizationEvents(after)': 'update',
  'Workspace.descendants(after)': 'grandchild',
  first: 'size',
  last: 'size',
  name: 'name',
  runtime: 'runtime',
  plugin: 'plugin',
  message: 'message',
  search: 'search',
  expiresAt: 'time',
};
