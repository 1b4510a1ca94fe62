import { execFileSync } from 'node:child_process';

/** The processes that this one has started and that are there. */
export function childrenOf(parent: number | undefined): number[] {
  const listing = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).trim().split('\n');
  return listing
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([ppid, pid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}
