import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { tenantTables } from './judge/tenant-tables.ts';

/** SQL as it stands in a source file. */
export interface SqlTemplate {
  readonly file: string;
  /** What stands between its values, with single spaces. */
  readonly parts: readonly string[];
}

const root = join(import.meta.dirname, '../..');

/** All SQL of the server that is written by hand and touches a table of tenants. */
export function readSqlTemplates(): SqlTemplate[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.startsWith('generated') && !file.startsWith('console'))
    .flatMap((file) => templatesOf(join('src', file)))
    .filter(({ parts }) =>
      [...tenantTables.keys()].some((table) => new RegExp(`\\b${table}\\b`).test(parts.join(' '))),
    );
}

/** Whether the statement is this SQL, with whatever values. */
export function isFrom({ parts }: SqlTemplate, statement: string): boolean {
  const text = withSingleSpaces(statement);
  let end = 0;
  return parts.every((part) => {
    const start = text.indexOf(part, end);
    end = start + part.length;
    return start >= 0;
  });
}

function templatesOf(file: string): SqlTemplate[] {
  const source = readFileSync(join(root, file), 'utf8');
  return taggedTemplates(parseAst(source, { lang: 'ts' }))
    .filter(({ tag }) => /(\$queryRaw|\$executeRaw|\bPrisma\.sql)$/.test(source.slice(tag.start, tag.end)))
    .map(({ quasi }) => ({ file, parts: quasi.quasis.map(({ value }) => withSingleSpaces(value.raw).trim()) }));
}

interface TaggedTemplate {
  readonly tag: { readonly start: number; readonly end: number };
  readonly quasi: { readonly quasis: readonly { readonly value: { readonly raw: string } }[] };
}

function taggedTemplates(node: unknown): TaggedTemplate[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap(taggedTemplates);
  return 'type' in node && node.type === 'TaggedTemplateExpression'
    ? [node as unknown as TaggedTemplate, ...inner]
    : inner;
}

const withSingleSpaces = (text: string) => text.replace(/\s+/g, ' ');
