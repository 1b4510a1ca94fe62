import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import { Check, Copy } from 'lucide-react';

/** A page that came over plain HTTP from another machine may not write to the clipboard. */
const canCopy = navigator.clipboard !== undefined;

/** A token's text, the one time that it is shown. */
export function NewToken({ token, onClose }: { token: string; onClose(): void }) {
  return (
    <Stack gap="md">
      <Text size="sm">
        {canCopy ? 'Copy it' : 'Select it, copy it'} now and keep it safe: it is shown this once, and nobody can look it
        up again.
      </Text>
      <Code block style={{ whiteSpace: 'pre-wrap', wordBreak: 'break-all' }} aria-label="The token" tabIndex={0}>
        {token}
      </Code>
      <Group justify="flex-end" gap="sm">
        {canCopy && (
          <CopyButton value={token} timeout={5000}>
            {({ copied, copy }) => (
              <Button
                leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
                onClick={copy}
                data-autofocus
              >
                {copied ? 'Copied' : 'Copy the token'}
              </Button>
            )}
          </CopyButton>
        )}
        <Button variant="default" onClick={onClose}>
          I have stored it
        </Button>
      </Group>
    </Stack>
  );
}
