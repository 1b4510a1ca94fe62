import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import { InstallPlatformAgentDocument, InstallPreviewDocument } from '../../generated/console.ts';
import { useAction } from '../api/use-api.ts';
import { useOrganizationQuery } from '../organization/use-organization-query.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadingRows } from '../ui/loading-rows.tsx';
import { useReturnFocus } from '../ui/use-return-focus.ts';
import { InstallConflict } from './install-conflict.tsx';
import { InstallConsequences } from './install-consequences.tsx';
import { InstallOutcome } from './install-outcome.tsx';
import { InstallPicture } from './install-picture.tsx';
import { type Installed, type Picture, pictureAfter, pictureBefore } from './picture.ts';
import { Provenance } from './provenance.tsx';

interface Done {
  readonly agent: Installed;
  readonly before: Picture;
  readonly promised: Picture;
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

/** Shows what an install would do, does it, and shows what it did. */
export function InstallDialog({ orgId, onClose }: { orgId: string; onClose(): void }) {
  const narrow = useMediaQuery('(max-width: 40rem)') ?? false;
  useReturnFocus();
  const [done, setDone] = useState<Done>();
  return (
    <Modal
      opened
      onClose={onClose}
      size="56rem"
      fullScreen={narrow}
      title="Install the platform agent"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {done === undefined ? (
        <Proposal orgId={orgId} onDone={setDone} onClose={onClose} />
      ) : (
        <InstallOutcome {...done} orgId={orgId} onClose={onClose} />
      )}
    </Modal>
  );
}

const afterTitles = {
  INSTALLS: 'After the install',
  CONFLICT: 'After the install, once the name is free',
  ALREADY_INSTALLED: 'After: the same',
} as const;

interface ProposalProps {
  readonly orgId: string;
  onDone(done: Done): void;
  onClose(): void;
}

function Proposal({ orgId, onDone, onClose }: ProposalProps) {
  const [name, setName] = useState('');
  const [settledName] = useDebouncedValue(name.trim(), 300);
  const { data, current, error, reload } = useOrganizationQuery(InstallPreviewDocument, { name: settledName || null });
  const install = useAction(InstallPlatformAgentDocument);
  const rename = (to: string) => {
    install.reset();
    setName(to);
  };
  const preview = data?.platformAgentPreview;
  const roots = data?.organization?.roots;
  const upToDate = current && settledName === name.trim();

  async function run() {
    if (preview === undefined || roots === undefined) return;
    const result = await install.run({ orgId, name: name.trim() || null });
    // If somebody else was faster, the next preview tells what stands in the way now.
    if (result === undefined) return reload();
    onDone({
      agent: result.installPlatformAgent,
      before: pictureBefore(preview, roots),
      promised: pictureAfter(preview, roots),
      changed: preview.outcome !== 'ALREADY_INSTALLED',
    });
  }

  const outcome = preview?.outcome;
  const named = preview !== undefined && roots?.every(({ id }) => id !== preview.agentId);
  const asksForName = outcome === 'INSTALLS' || outcome === 'CONFLICT';
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Stack gap="md">
        {error && <ErrorPanel error={error} onRetry={reload} />}
        {preview === undefined || roots === undefined ? (
          !error && <LoadingRows rows={5} label="Working out what the install would do" />
        ) : (
          <>
            {outcome === 'CONFLICT' && preview.conflict && (
              <InstallConflict orgId={orgId} conflict={preview.conflict} onSuggest={rename} onLeave={onClose} />
            )}
            <InstallConsequences orgId={orgId} preview={preview} onLeave={onClose} />
            {asksForName && named && (
              <TextInput
                label="Name of the platform agent"
                placeholder={settledName === '' ? preview.agentName : 'The name of the organization and “Agent”'}
                description="Leave it empty for the name of the organization and “Agent”."
                value={name}
                onChange={(event) => rename(event.currentTarget.value)}
              />
            )}
            {preview.outcome !== 'REMOVED' && (
              <>
                <InstallPicture
                  before={pictureBefore(preview, roots)}
                  after={pictureAfter(preview, roots)}
                  afterTitle={afterTitles[preview.outcome]}
                />
                <Provenance allowlist={preview.allowlist} />
              </>
            )}
          </>
        )}
        {install.error && !error && <ErrorPanel error={install.error} onRetry={() => void run()} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {outcome === 'REMOVED' || outcome === 'ALREADY_INSTALLED' ? 'Close' : 'Cancel'}
          </Button>
          {outcome !== 'REMOVED' && (
            <Button
              type="submit"
              loading={install.busy}
              disabled={preview === undefined || outcome === 'CONFLICT' || !upToDate}
            >
              {outcome === 'ALREADY_INSTALLED' ? 'Install again' : 'Install'}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
