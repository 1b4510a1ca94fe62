import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { OrganizationsQuery } from '../../generated/console.ts';
import { Day } from '../ui/time.tsx';
import { WideTable } from '../ui/wide-table.tsx';
import { StatusCounts } from '../workspaces/status-counts.tsx';
import { InstalledBadge } from './installed-badge.tsx';

type Listed = OrganizationsQuery['organizations']['edges'][number]['node'];

export function OrganizationList({ organizations }: { organizations: readonly Listed[] }) {
  return (
    <WideTable minWidth={560} verticalSpacing="sm" highlightOnHover label="Organizations">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Platform agent</Table.Th>
          <Table.Th>Workspaces</Table.Th>
          <Table.Th>Created</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {organizations.map(({ id, name, installed, createdAt, statusCounts }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Anchor component={Link} href={`/organizations/${id}`} fw={600}>
                {name}
              </Anchor>
              <Text size="xs" c="dimmed" ff="monospace">
                {id}
              </Text>
            </Table.Td>
            <Table.Td>
              <InstalledBadge installed={installed} />
            </Table.Td>
            <Table.Td>
              <StatusCounts
                counts={{
                  ONLINE: statusCounts.online,
                  DEGRADED: statusCounts.degraded,
                  PROVISIONING: statusCounts.provisioning,
                  OFFLINE: statusCounts.offline,
                  FAILED: statusCounts.failed,
                  REMOVED: statusCounts.removed,
                }}
              />
            </Table.Td>
            <Table.Td style={{ whiteSpace: 'nowrap' }}>
              <Day at={createdAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
