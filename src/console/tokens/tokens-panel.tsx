import { Badge, Button, Code, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { ApiTokensDocument, type ApiTokensQuery } from '../../generated/console.ts';
import { useOrganizationState } from '../organization/organization-context.ts';
import { useOrganizationQuery } from '../organization/use-organization-query.ts';
import { useViewer } from '../session/viewer-context.ts';
import { Actor, TokenNames } from '../ui/actor.tsx';
import { Empty } from '../ui/empty.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { Day, RelativeTime } from '../ui/time.tsx';
import { useNow } from '../ui/use-now.ts';
import { WideTable } from '../ui/wide-table.tsx';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';

type Token = NonNullable<ApiTokensQuery['organization']>['apiTokens'][number];

/** The organization's API tokens: what is known of them, which is not their text. */
export function TokensPanel() {
  const { data, error, reload } = useOrganizationQuery(ApiTokensDocument, {});
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const organization = data?.organization;

  if (error && !organization) return <ErrorPanel error={error} onRetry={reload} />;
  if (!organization) return <LoadingRows rows={5} label="Loading the API tokens" />;
  const { apiTokens, roots } = organization;
  return (
    <TokenNames value={new Map(apiTokens.map(({ id, name }) => [id, name]))}>
      <Stack gap="md">
        <Group justify="space-between">
          <Text size="sm" c="dimmed" maw={560}>
            A token may do everything inside this organization. It is shown once, and hangs on a root: removed, that
            takes it along.
          </Text>
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
            New token
          </Button>
        </Group>
        {error && <ErrorPanel error={error} onRetry={reload} />}
        {apiTokens.length === 0 ? (
          <Empty icon={KeyRound} title="No API tokens yet">
            Create one for each program that calls the API for this organization.
          </Empty>
        ) : (
          <TokenTable tokens={[...apiTokens].reverse()} onRevoke={setRevoking} />
        )}
      </Stack>
      {creating && <CreateTokenDialog roots={roots} onDone={reload} onClose={() => setCreating(false)} />}
      {revoking && <RevokeDialog token={revoking} onDone={reload} onClose={() => setRevoking(undefined)} />}
    </TokenNames>
  );
}

function TokenTable({ tokens, onRevoke }: { tokens: readonly Token[]; onRevoke(token: Token): void }) {
  const viewer = useViewer();
  return (
    <WideTable minWidth={760} label="API tokens" verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Root</Table.Th>
          <Table.Th>Created</Table.Th>
          <Table.Th>Last used</Table.Th>
          <Table.Th>Expires</Table.Th>
          <Table.Th>
            <VisuallyHidden>Actions</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tokens.map((token) => (
          <Table.Tr key={token.id}>
            <Table.Td>
              <Text size="sm" fw={600}>
                {token.name}
                {viewer.apiToken?.id === token.id && ' (yours)'}
              </Text>
              <Code title={`${token.prefix}…`}>…{token.prefix.slice(-8)}…</Code>
            </Table.Td>
            <Table.Td>
              <TokenState token={token} />
            </Table.Td>
            <Table.Td>{token.root.name}</Table.Td>
            <Table.Td>
              <Day at={token.createdAt} /> by <Actor actor={token.createdBy} />
            </Table.Td>
            <Table.Td>{token.lastUsedAt === null ? 'never' : <RelativeTime at={token.lastUsedAt} />}</Table.Td>
            <Table.Td>{token.expiresAt === null ? 'never' : <RelativeTime at={token.expiresAt} />}</Table.Td>
            <Table.Td ta="right">
              {token.revokedAt === null && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => onRevoke(token)}
                >
                  Revoke
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function TokenState({ token }: { token: Token }) {
  const now = useNow() + useOrganizationState().clockAhead;
  const expired = token.expiresAt !== null && Date.parse(token.expiresAt) <= now;
  const state =
    token.revokedAt !== null
      ? 'Revoked'
      : token.root.status === 'REMOVED'
        ? 'Root removed'
        : expired
          ? 'Expired'
          : 'Active';
  return (
    <Badge variant={state === 'Active' ? 'light' : 'default'} tt="none" miw="max-content">
      {state}
    </Badge>
  );
}
