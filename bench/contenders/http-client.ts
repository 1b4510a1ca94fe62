import { Pool } from 'undici';

export interface HttpClient {
  /** Posts one operation and returns its data. Throws what the answer says when it holds errors. */
  post<Data>(query: string, variables?: object): Promise<Data>;
  close(): Promise<void>;
}

/** The one client that both servers are asked with: so many connections, kept alive, one request at a time on each. */
export function createHttpClient(url: string, clients: number, headers: Record<string, string> = {}): HttpClient {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: clients, pipelining: 1 });
  return {
    async post<Data>(query: string, variables: object = {}) {
      const { body } = await pool.request({
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await body.json()) as { data: Data; errors?: unknown };
      if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    close: () => pool.close(),
  };
}
