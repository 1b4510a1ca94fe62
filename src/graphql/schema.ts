import { specifiedDirectives } from 'graphql';
import { builder } from './builder.ts';
import { sequential } from './limits/sequential.ts';

import '../events/event.schema.ts';
import '../events/organization-events.schema.ts';
import '../organizations/organization.schema.ts';
import '../organizations/organization-workspaces.schema.ts';
import '../platform-agent/platform-agent.schema.ts';
import '../platform-agent/preview.schema.ts';
import '../plugins/allowlist.schema.ts';
import '../tokens/api-token.schema.ts';
import '../tokens/viewer.schema.ts';
import '../workspaces/heartbeat.schema.ts';
import '../workspaces/workspace-mutations.schema.ts';
import '../workspaces/workspace.schema.ts';

/** The whole schema, with what every noun has added to the builder. */
export const schema = builder.toSchema({ sortSchema: false, directives: [...specifiedDirectives, sequential] });
