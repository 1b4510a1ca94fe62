import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Action } from '../api/use-api.ts';
import { ErrorPanel } from './error-panel.tsx';
import { useReturnFocus } from './use-return-focus.ts';

interface ConfirmDialogProps {
  readonly title: string;
  /** What the button that does it says. */
  readonly confirm: string;
  readonly dangerous?: boolean;
  readonly disabled?: boolean;
  /** What it does: shown while it is under way, and where it failed. */
  readonly action: Pick<Action<unknown, never>, 'busy' | 'error'>;
  readonly children: ReactNode;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something is done, and stays open while it fails. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, confirm, dangerous = false, disabled = false, action, children, onConfirm, onClose } = props;
  const { busy, error } = action;
  useReturnFocus();
  // What is under way cannot be called back, and what it answers may be shown this once.
  const close = () => {
    if (!busy) onClose();
  };
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled && !busy) onConfirm();
        }}
      >
        <Stack gap="md">
          {children}
          {error && <ErrorPanel error={error} onRetry={onConfirm} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} disabled={busy}>
              Cancel
            </Button>
            <Button type="submit" {...(dangerous && { color: 'red.9' })} loading={busy} disabled={disabled}>
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
