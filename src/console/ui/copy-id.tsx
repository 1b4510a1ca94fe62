import { ActionIcon, Code, CopyButton, Group, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';

/** An id, and a button that copies it. */
export function CopyId({ id, label }: { id: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Code>{id}</Code>
      {navigator.clipboard !== undefined && (
        <CopyButton value={id}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? 'Copied' : label}>
              <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={copy}>
                {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      )}
    </Group>
  );
}
