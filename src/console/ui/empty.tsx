import { Stack, Text, Title } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** What to do about it, or why it is well so. */
  readonly children: ReactNode;
}

/** A list with nothing in it. */
export function Empty({ icon: Icon, title, children }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md">
      <Icon size={32} strokeWidth={1.5} aria-hidden />
      <Title order={2} size="h5">
        {title}
      </Title>
      <Text c="dimmed" size="sm" ta="center" maw={420}>
        {children}
      </Text>
    </Stack>
  );
}
