/** A worker cannot serve. The message says why, and what to do about it. */
export class WorkerError extends Error {
  override name = 'WorkerError';
}
