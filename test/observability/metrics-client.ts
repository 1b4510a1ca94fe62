/** The metrics of a server as they were at one moment. */
export interface Scrape {
  /** All of it, as Prometheus gets it. */
  readonly text: string;
  /** The value of the series with exactly these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** Where a server whose log this is serves its metrics. */
export function metricsUrl(logged: readonly Record<string, unknown>[]): string {
  const entry = logged.find(({ msg }) => msg === 'Metrics are served');
  if (entry === undefined) throw new Error('The log does not tell where metrics are served');
  return String(entry['url']);
}

/** Reads the metrics as Prometheus does. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`Status ${response.status}: ${text}`);
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || line.startsWith('#')) continue;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text]);
    values.set(keyOf(name, Object.fromEntries(pairs)), Number(value));
  }
  return { text, value: (name, labels = {}) => values.get(keyOf(name, labels)) };
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>) =>
  `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
