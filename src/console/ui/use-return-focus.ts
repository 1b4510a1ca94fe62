import { useEffect, useState } from 'react';

/** Gives the focus back, when this component goes, to what had it before it came. For dialogs. */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // Once what takes the dialog's place is there; what has gone, or is covered by another dialog, cannot have the focus.
      setTimeout(() => {
        const covered = document.querySelector('[role=dialog]') !== null && !before?.closest('[role=dialog]');
        if (!covered && before instanceof HTMLElement && before.isConnected) before.focus();
      });
    },
    [before],
  );
}
