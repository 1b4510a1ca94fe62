/** Where a client of PostgreSQL connects to whom this URL is given. */
export function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  // An IPv6 address stands in brackets in a URL, and nowhere else.
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 5432) };
}
