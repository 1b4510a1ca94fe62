import { Button, Group, SegmentedControl, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Building2, ChevronLeft, ChevronRight, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { OrganizationsDocument, type OrganizationsQueryVariables } from '../../generated/console.ts';
import { useApiQuery } from '../api/use-api.ts';
import { Empty } from '../ui/empty.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { useTitle } from '../ui/use-title.ts';
import { count } from '../ui/words.ts';
import { CreateOrganizationDialog } from './create-organization-dialog.tsx';
import { OrganizationList } from './organization-list.tsx';

const pageSize = 20;
const firstPage = { first: pageSize };
/** How often the counts are read anew. */
const pollMs = 10_000;

type Installed = 'all' | 'installed' | 'waiting';

/** All organizations, for the operator. */
export function OrganizationsPage() {
  useTitle('Organizations');
  const [search, setSearch] = useState('');
  const [installed, setInstalled] = useState<Installed>('all');
  const [page, setPage] = useState<OrganizationsQueryVariables>(firstPage);
  const [creating, setCreating] = useState(false);
  const [settledSearch] = useDebouncedValue(search.trim(), 250);
  const { data, current, error, reload } = useApiQuery(
    OrganizationsDocument,
    {
      ...page,
      search: settledSearch || null,
      installed: installed === 'all' ? null : installed === 'installed',
    },
    { pollMs },
  );
  const organizations = data?.organizations;

  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h2">
          Organizations
        </Title>
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
          New organization
        </Button>
      </Group>
      <Group gap="sm" align="flex-end">
        <TextInput
          label="Search"
          placeholder="Part of a name"
          leftSection={<Search size={16} aria-hidden />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            setPage(firstPage);
          }}
          flex="1 1 14rem"
        />
        <SegmentedControl
          aria-label="Which organizations"
          data={[
            { value: 'all', label: 'All' },
            { value: 'installed', label: 'Installed' },
            { value: 'waiting', label: 'Not installed' },
          ]}
          value={installed}
          onChange={(value) => {
            setInstalled(value as Installed);
            setPage(firstPage);
          }}
        />
      </Group>
      {error && <ErrorPanel error={error} onRetry={reload} />}
      {organizations === undefined ? (
        !error && <LoadingRows rows={6} label="Loading the organizations" />
      ) : organizations.edges.length === 0 && current ? (
        <Empty
          icon={Building2}
          title={settledSearch || installed !== 'all' ? 'Nothing matches' : 'No organizations yet'}
        >
          {settledSearch || installed !== 'all'
            ? 'No organization has that name and state.'
            : 'Create the first one here, or with createOrganization.'}
        </Empty>
      ) : (
        <>
          <OrganizationList organizations={organizations.edges.map(({ node }) => node)} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {count(organizations.totalCount, 'organization')}
            </Text>
            {(organizations.pageInfo.hasPreviousPage || organizations.pageInfo.hasNextPage) && (
              <Group gap="xs" component="nav" aria-label="Pages">
                <Button
                  variant="default"
                  leftSection={<ChevronLeft size={16} aria-hidden />}
                  disabled={!current || !organizations.pageInfo.hasPreviousPage}
                  onClick={() => setPage({ last: pageSize, before: organizations.pageInfo.startCursor })}
                >
                  Previous
                </Button>
                <Button
                  variant="default"
                  rightSection={<ChevronRight size={16} aria-hidden />}
                  disabled={!current || !organizations.pageInfo.hasNextPage}
                  onClick={() => setPage({ first: pageSize, after: organizations.pageInfo.endCursor })}
                >
                  Next
                </Button>
              </Group>
            )}
          </Group>
        </>
      )}
      {creating && <CreateOrganizationDialog onClose={() => setCreating(false)} />}
    </Stack>
  );
}
