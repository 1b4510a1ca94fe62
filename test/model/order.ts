import { isDeepStrictEqual } from 'node:util';
import { begin, type Caller } from './apply.ts';
import type { Answer, Call } from './calls.ts';
import { difference } from './difference.ts';
import { describeCall } from './programs.ts';
import type { Step } from './rule.ts';
import type { State } from './state.ts';
import { comparable } from './stored.ts';

/** A call that was made. `began` and `ended` number what all callers saw, in one order. */
export interface Made {
  readonly caller: Caller;
  readonly call: Call;
  readonly answer: Answer;
  readonly began: number;
  readonly ended: number;
}

/** What was done one call after the other. */
export type History = readonly Made[];

/** Where a search stands: how many calls of each caller are over, and the next step of one that is under way. */
interface Position {
  readonly over: readonly number[];
  readonly underWay: readonly (Step | undefined)[];
  readonly state: State;
  readonly order: readonly Made[];
}

/**
 * Looks for an order of the calls in which the model answers each as it was answered, and ends with what is stored. A call
 * that had ended before another began comes before it. (Wing and Gong, "Testing and verifying concurrent objects", 1993;
 * what has been reached in two ways is looked at once.)
 *
 * @returns undefined where there is one, else why there is none
 */
export function explainImpossible(histories: readonly History[], initial: State, stored: State): string | undefined {
  const expected = comparable(stored);
  const visited = new Set<string>();
  const start = { over: histories.map(() => 0), underWay: histories.map(() => undefined), state: initial, order: [] };
  const stack: Position[] = [start];
  let furthest: Position = start;
  let reasons: string[] = [];
  for (let position = stack.pop(); position !== undefined; position = stack.pop()) {
    const { over, underWay, state, order } = position;
    if (order.length > furthest.order.length) [furthest, reasons] = [position, []];
    if (over.every((count, index) => count === histories[index]?.length)) {
      const rows = comparable(state);
      if (isDeepStrictEqual(rows, expected)) return undefined;
      reasons.push(`  then the rows differ:\n${describeDifference(rows, expected)}`);
      continue;
    }
    for (const [index, made] of histories.entries()) {
      const next = made[over[index] ?? 0];
      if (next === undefined || (underWay[index] === undefined && isTooEarly(next, histories, over))) continue;
      const step = underWay[index] ?? begin(next.call, next.caller, freshIdOf(next.answer));
      const outcome = step.take(state);
      const { events } = outcome.state;
      const [event, storedEvent] = [events.at(-1), stored.events[events.length - 1]];
      if (!isDeepStrictEqual(event, storedEvent)) {
        if (order === furthest.order)
          reasons.push(
            `  ${describeCall(next.call)} would write ${JSON.stringify(event)}\n    where there is ${JSON.stringify(storedEvent)}`,
          );
        continue;
      }
      if ('answer' in outcome && !isDeepStrictEqual(outcome.answer, next.answer)) {
        if (order === furthest.order)
          reasons.push(`  ${describeCall(next.call)} would be ${describeAnswer(outcome.answer)}`);
        continue;
      }
      const isOver = 'answer' in outcome;
      const reached: Position = {
        over: over.with(index, (over[index] ?? 0) + Number(isOver)),
        underWay: underWay.with(index, isOver ? undefined : outcome.next),
        state: outcome.state,
        order: isOver ? [...order, next] : order,
      };
      const key = JSON.stringify([reached.over, reached.underWay.map((step) => step?.key), reached.state]);
      if (visited.has(key)) continue;
      visited.add(key);
      stack.push(reached);
    }
  }
  return explain(histories, furthest, reasons);
}

/** Whether a call that had ended before this one began is not over yet. */
function isTooEarly(next: Made, histories: readonly History[], over: readonly number[]): boolean {
  return histories.some((made, index) => (made[over[index] ?? 0]?.ended ?? Infinity) < next.began);
}

function freshIdOf(answer: Answer): string {
  const created = 'done' in answer ? (answer.done as { id?: string } | null) : null;
  return created?.id ?? 'an id that was not given';
}

function explain(histories: readonly History[], { order }: Position, reasons: readonly string[]): string {
  const describe = ({ caller, call, answer }: Made) =>
    `  ${describeCall(call)} by ${caller.kind}\n    was ${describeAnswer(answer)}`;
  const callers = histories.flatMap((made, index) => [`caller ${index}:`, ...made.map(describe)]);
  const explained = new Set(order);
  const left = histories.flat().length - explained.size;
  return [
    'No order of the calls explains their answers and the stored rows.',
    ...callers,
    `These can be explained, in this order, and ${left} more cannot:`,
    ...order.map(({ call }) => `  ${describeCall(call)}`),
    'Behind them',
    ...new Set(reasons),
  ].join('\n');
}

function describeAnswer(answer: Answer): string {
  return 'done' in answer ? `done: ${JSON.stringify(answer.done)}` : `${answer.refused} ${JSON.stringify(answer.ids)}`;
}

function describeDifference(model: readonly string[], stored: readonly string[]): string {
  const { onlyInOne, onlyInOther } = difference(model, stored);
  return [...onlyInOne.map((row) => `    expected ${row}`), ...onlyInOther.map((row) => `    stored   ${row}`)].join(
    '\n',
  );
}
