import { Button, Stack, Text, Title } from '@mantine/core';
import { SearchX } from 'lucide-react';
import { Link } from 'wouter';

/** Nothing is here, or nothing that this caller may see. */
export function MissingPage({ what }: { what: 'page' | 'organization' | 'workspace' }) {
  return (
    <Stack align="center" py="xl" gap="sm">
      <SearchX size={40} aria-hidden />
      <Title order={1} size="h3">
        There is no such {what}
      </Title>
      <Text c="dimmed" ta="center">
        {what === 'page' ? 'Check the address.' : 'Check the address: or your token may not see it.'}
      </Text>
      <Button component={Link} href="/" variant="default">
        Go home
      </Button>
    </Stack>
  );
}
