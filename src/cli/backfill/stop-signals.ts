/** Milliseconds in which a signal counts once: Ctrl-C reaches the process from the terminal, and once more from npm. */
const echoMs = 500;

export interface StopSignals {
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** The exit status of a process that was stopped by it: 128 and its number, as a shell has it. */
  exitStatus(): number;
}

/** Has the first SIGINT or SIGTERM ask for a stop, and the second end the process at once. */
export function listenForStop(onStop: () => void): StopSignals {
  const stopping = new AbortController();
  let status = 0;
  let stoppedAt = 0;
  const stop = (signal: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      status = signal === 'SIGINT' ? 130 : 143;
      stoppedAt = performance.now();
      stopping.abort();
      onStop();
    } else if (performance.now() - stoppedAt > echoMs) {
      process.exit(status);
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: stopping.signal, exitStatus: () => status };
}
