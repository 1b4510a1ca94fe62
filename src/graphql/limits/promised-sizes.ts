/**
 * How much every server gives and takes at once, as its schema tells: items on a page, workspaces on a page, heartbeats in
 * a batch. A server may be set to more, and never to less.
 */
export const promisedSizes = { page: 100, workspacePage: 1_000, heartbeats: 1_000 } as const;

/** What a description says behind such a size. */
export const orMore = 'where the server is not set to more';
