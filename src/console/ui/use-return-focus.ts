import { useEffect, useState } from 'react';

/** Gives the focus back, when this component goes, to what had it before it came. For dialogs. */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // Once what takes the dialog's place is there; another dialog may cover it, and it may have gone itself.
      setTimeout(() => {
        const covered = document.querySelector('[role=dialog]') !== null && !before?.closest('[role=dialog]');
        if (covered) return;
        if (before instanceof HTMLElement && before.isConnected) before.focus();
        else document.getElementById('content')?.focus();
      });
    },
    [before],
  );
}
