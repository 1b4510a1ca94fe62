/** What of a log says that something is wrong with the server itself, and not with what it was asked or what it works with. */
export const alarmsIn = (logged: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  logged.filter(({ level }) => level === 'error' || level === 'fatal');
