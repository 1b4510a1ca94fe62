import { Anchor, Button, Group } from '@mantine/core';
import { Link } from 'wouter';
import { Notice } from '../ui/notice.tsx';
import type { Preview } from './picture.ts';

interface InstallConflictProps {
  readonly orgId: string;
  readonly conflict: NonNullable<Preview['conflict']>;
  onSuggest(name: string): void;
  /** The reader follows a link out of the dialog. */
  onLeave(): void;
}

/** Why the install would be refused, and the ways out. */
export function InstallConflict({ orgId, conflict, onSuggest, onLeave }: InstallConflictProps) {
  const { message, name, workspace, adoptedWorkspace, anotherNameHelps } = conflict;
  const another = `${name} (platform)`;
  return (
    <Notice tone="danger" title={`The name “${name}” is taken`}>
      <p>{message}</p>
      <p>As it is, the install would be refused, and would change nothing.</p>
      <Group gap="sm">
        {anotherNameHelps && (
          <Button size="xs" variant="default" onClick={() => onSuggest(another)}>
            Call the agent “{another}”
          </Button>
        )}
        {[workspace, adoptedWorkspace].map(
          (inTheWay) =>
            inTheWay && (
              <Anchor
                key={inTheWay.id}
                component={Link}
                href={`/organizations/${orgId}/workspaces/${inTheWay.id}`}
                size="sm"
                onClick={onLeave}
              >
                Go to “{inTheWay.name}” to rename it
              </Anchor>
            ),
        )}
      </Group>
    </Notice>
  );
}
