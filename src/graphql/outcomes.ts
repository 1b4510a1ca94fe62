/** Told what operations have done that neither their answers nor their errors show. */
export interface Outcomes {
  /** An install was answered with the agent: it changed the organization, or there was nothing to do. */
  readonly onInstall: (changed: boolean) => void;
  /** So many workspaces were recorded as alive, by one call for each or by one for all. */
  readonly onHeartbeats: (mode: 'single' | 'batch', recorded: number) => void;
}
