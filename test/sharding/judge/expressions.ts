import type { A_Expr, Node, SubLink } from 'libpg-query';
import { readQuery } from './queries.ts';
import {
  isColumnBound,
  isSameColumn,
  type Path,
  resolveColumn,
  type Scope,
  type SourceColumn,
  textOf,
} from './scope.ts';

/** Whether the expression can only have values that parameters give. */
export function isExpressionBound(node: Node | undefined, scope: Scope, path: Path): boolean {
  if (node === undefined) return false;
  // A constant is as good as a parameter, and null finds nothing at all.
  if ('ParamRef' in node || 'A_Const' in node) return true;
  if ('TypeCast' in node) return isExpressionBound(node.TypeCast.arg, scope, path);
  if ('SubLink' in node) {
    return node.SubLink.subLinkType === 'EXPR_SUBLINK' && isAnswerBound(node.SubLink, 0, scope, path);
  }
  const column = toColumn(node, scope);
  return column !== undefined && isColumnBound(column, path);
}

/** Whether rows that fulfil the test can only have values in the column that parameters give. */
export function testBinds(test: Node, scope: Scope, column: SourceColumn, path: Path): boolean {
  if ('BoolExpr' in test) {
    const { boolop, args } = test.BoolExpr;
    const binds = (arg: Node) => testBinds(arg, scope, column, path);
    return boolop === 'AND_EXPR' ? (args ?? []).some(binds) : boolop === 'OR_EXPR' && all(args, binds);
  }
  if ('A_Expr' in test) return comparisonBinds(test.A_Expr, scope, column, path);
  return 'SubLink' in test && membershipBinds(test.SubLink, scope, column, path);
}

/** `=`, `= any (…)` and `in (…)`, of values or of rows. */
function comparisonBinds(
  { kind, name, lexpr, rexpr }: A_Expr,
  scope: Scope,
  column: SourceColumn,
  path: Path,
): boolean {
  if (!isEquality(name)) return false;
  const isColumn = (part: Node | undefined) => part !== undefined && isSameColumn(toColumn(part, scope), column);
  const isBound = (part: Node | undefined) => isExpressionBound(part, scope, path);
  const left = partsOf(lexpr);
  if (kind === 'AEXPR_OP') {
    const right = partsOf(rexpr);
    return left.some((part, i) => (isColumn(part) && isBound(right[i])) || (isColumn(right[i]) && isBound(part)));
  }
  if (kind === 'AEXPR_OP_ANY') return left.some(isColumn) && isBound(rexpr);
  if (kind !== 'AEXPR_IN' || rexpr === undefined || !('List' in rexpr)) return false;
  const { items } = rexpr.List;
  return left.some((part, i) => isColumn(part) && all(items, (item) => isBound(partsOf(item)[i])));
}

/** `in (select …)`, of values or of rows. */
function membershipBinds(sublink: SubLink, scope: Scope, column: SourceColumn, path: Path): boolean {
  const { subLinkType, testexpr, operName } = sublink;
  if (subLinkType !== 'ANY_SUBLINK' || (operName && !isEquality(operName))) return false;
  const position = partsOf(testexpr).findIndex((part) => isSameColumn(toColumn(part, scope), column));
  return position >= 0 && isAnswerBound(sublink, position, scope, path);
}

function isAnswerBound({ subselect }: SubLink, position: number, scope: Scope, path: Path): boolean {
  return subselect !== undefined && (readQuery(subselect, scope).columns()[position]?.isBound(path) ?? false);
}

function toColumn(node: Node, scope: Scope): SourceColumn | undefined {
  return 'ColumnRef' in node ? resolveColumn(scope, node.ColumnRef.fields ?? []) : undefined;
}

/** The parts of a row, or the one value. */
function partsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return 'RowExpr' in node ? (node.RowExpr.args ?? []) : [node];
}

const isEquality = (operator: readonly Node[] | undefined) => operator?.map(textOf).join() === '=';

/** Every one of some: of nothing, nothing is said. */
export function all<Item>(items: readonly Item[] | undefined, holds: (item: Item) => boolean): boolean {
  return items !== undefined && items.length > 0 && items.every(holds);
}
