import { Button, Code, Group } from '@mantine/core';
import { RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/api-error.ts';
import { Notice } from './notice.tsx';

/** What a person calls what the codes of the API stand for. */
const titles: Record<string, string> = {
  UNREACHABLE: 'The server cannot be reached',
  SERVICE_UNAVAILABLE: 'The server is not available right now',
  LOCK_TIMEOUT: 'Somebody else is changing this organization',
  UNAUTHENTICATED: 'You are signed out',
  FORBIDDEN: 'You may not do this',
  BAD_USER_INPUT: 'This cannot be right',
  ORGANIZATION_NOT_FOUND: 'There is no such organization',
  WORKSPACE_NOT_FOUND: 'There is no such workspace',
  API_TOKEN_NOT_FOUND: 'There is no such token',
  NAME_CONFLICT: 'The name is taken',
  ALREADY_EXISTS: 'The id is taken',
  AMBIGUOUS_ROOT: 'There is more than one root',
  HAS_CHILDREN: 'There are workspaces below it',
  WOULD_CYCLE: 'A workspace cannot stand below itself',
  WORKSPACE_REMOVED: 'The workspace has been removed',
  PLATFORM_AGENT_IMMOVABLE: 'The platform agent stays the root',
  LIMIT_EXCEEDED: 'That is more than the server takes at once',
};

interface ErrorPanelProps {
  readonly error: ApiError;
  /** Shown as a button where trying again can help. */
  readonly onRetry?: () => void;
  /** The way out, where there is another one. */
  readonly children?: ReactNode;
}

function titleOf({ code, retryable }: ApiError): string {
  // Too much in a short time is another matter than too much at once.
  if (code === 'LIMIT_EXCEEDED' && retryable) return 'That was too much in a short time';
  return titles[code] ?? 'Something went wrong';
}

/** A failed request: what failed, what to do, and a retry where that can help. */
export function ErrorPanel({ error, onRetry, children }: ErrorPanelProps) {
  const unexpected = error.code === 'INTERNAL_SERVER_ERROR';
  const mayRetry = onRetry !== undefined && (error.retryable || unexpected);
  return (
    <Notice tone={error.retryable ? 'warning' : 'danger'} title={titleOf(error)}>
      <p>{error.message}</p>
      {children}
      <Group gap="sm">
        {mayRetry && (
          <Button size="xs" variant="default" leftSection={<RotateCw size={14} aria-hidden />} onClick={onRetry}>
            Try again
          </Button>
        )}
        <Code>{error.code}</Code>
      </Group>
    </Notice>
  );
}
