/**
 * Whether PostgreSQL, given the whole script as one message, takes it as one transaction. It does unless the script
 * commits by itself, or has a statement that refuses to be in a transaction and so must be sent alone.
 */
export function isOneTransaction(script: string): boolean {
  const statements = script.replace(/--.*$/gm, '').replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''");
  return !/\b(commit|concurrently|vacuum)\b|(^|;)\s*(begin|start|end)\s*(transaction|work)?\s*;/i.test(statements);
}
