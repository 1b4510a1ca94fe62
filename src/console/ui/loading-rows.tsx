import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';

/** Where rows are going to be. */
export function LoadingRows({ rows, label }: { rows: number; label: string }) {
  return (
    <Stack gap="sm" aria-busy="true">
      <VisuallyHidden role="status">{label}</VisuallyHidden>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={index} height={36} radius="sm" />
      ))}
    </Stack>
  );
}
