/** Where the API is. */
export const apiPath = '/graphql';
/** Whether the process is alive. */
export const healthPath = '/health';
/** Whether it can serve. */
export const readyPath = '/ready';

/** What is no page and no file of the console. */
export const servedPaths: ReadonlySet<string> = new Set([apiPath, healthPath, readyPath]);
