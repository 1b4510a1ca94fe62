import { Accordion, Table, Text } from '@mantine/core';
import { Actor } from '../ui/actor.tsx';
import { ExactTime } from '../ui/time.tsx';
import { WideTable } from '../ui/wide-table.tsx';
import type { Preview } from './picture.ts';

/** Where each entry of the merged allowlist comes from, and which are dropped for it. */
export function Provenance({ allowlist }: Pick<Preview, 'allowlist'>) {
  if (allowlist.length === 0) return null;
  return (
    <Accordion variant="contained">
      <Accordion.Item value="provenance">
        <Accordion.Control>Where the entries of the allowlist come from</Accordion.Control>
        <Accordion.Panel>
          <Text size="sm" c="dimmed" mb="xs">
            Of several entries for one plugin the agent’s own stays, else the earliest. Who enabled it and when is kept.
          </Text>
          <WideTable minWidth={480} label="Where the entries come from">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Plugin</Table.Th>
                <Table.Th>Kept from</Table.Th>
                <Table.Th>Enabled</Table.Th>
                <Table.Th>Dropped from</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {allowlist.map(({ plugin, root, enabledBy, enabledAt, duplicates }) => (
                <Table.Tr key={plugin}>
                  <Table.Td>{plugin}</Table.Td>
                  <Table.Td>{root.name}</Table.Td>
                  <Table.Td>
                    <ExactTime at={enabledAt} /> by <Actor actor={enabledBy} />
                  </Table.Td>
                  <Table.Td>
                    {duplicates.length === 0 ? '—' : duplicates.map((duplicate) => duplicate.root.name).join(', ')}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </WideTable>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
