import { randomUUID } from 'node:crypto';
import { lanesOf } from './fan-out.ts';
import type { Frame } from './frame.ts';
import { History, Trail } from './history.ts';
import { type Run, runMachine } from './interpreter.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { State } from './machine.ts';
import { StateError } from './state-error.ts';

/** AWS runs up to 10,000 at a time; here each would wait for the same few processors. */
const CONCURRENCY_MAX = 100;

type MapState = Extract<State, { type: 'Map' }>;

/**
 * A Map whose iterations are executions of their own: each has its own history and context, and what
 * fails is counted against what may fail. The outputs of those that succeed, in the items' order.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export async function runDistributedMap(
  state: MapState,
  items: readonly Json[],
  frame: Frame,
  run: Run,
): Promise<Json> {
  const lanes = lanesOf(await state.maxConcurrency(frame), items.length, CONCURRENCY_MAX);
  const failuresMax = await failuresMaxOf(state, items.length, frame);
  const mapRunArn = `${machineArnOf(run.context)}/${state.name}:${randomUUID()}`.replace(
    ':stateMachine:',
    ':mapRun:',
  );
  run.trail.add('MapStateStarted', 'mapStateStartedEventDetails', { length: items.length });
  run.trail.add('MapRunStarted', 'mapRunStartedEventDetails', { mapRunArn });
  const siblings = new AbortController();
  const signal = AbortSignal.any([run.signal, siblings.signal]);
  const outputs: (Json | undefined)[] = items.map(() => undefined);
  let failureCount = 0;
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) {
      signal.throwIfAborted();
      try {
        outputs[index] = await runChild(state, { index, item, mapRunArn }, frame, run, signal);
      } catch (error) {
        if (!(error instanceof StateError) || signal.aborted) throw error;
        failureCount += 1;
        if (failureCount > failuresMax) throw thresholdExceeded(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } catch (error) {
    siblings.abort(new StateError('States.BranchFailed', 'A sibling failed.'));
    if (!run.signal.aborted) recordFailure(run, error);
    throw error;
  }
  run.trail.add('MapRunSucceeded');
  run.trail.add('MapStateSucceeded');
  return outputs.filter((output) => output !== undefined);
}

interface Iteration {
  readonly index: number;
  readonly item: Json;
  readonly mapRunArn: string;
}

/** An execution of its own: its history is nobody's but its own, its variables begin empty. */
async function runChild(
  state: MapState,
  { index, item, mapRunArn }: Iteration,
  frame: Frame,
  run: Run,
  signal: AbortSignal,
): Promise<Json> {
  const mapItem = { Map: { Item: { Index: index, Value: item } } };
  const input = await state.itemInput(
    { ...frame, context: { ...frame.context, ...mapItem } },
    item,
  );
  const { world } = run;
  const name = randomUUID();
  const outer = isObject(run.context.Execution) ? run.context.Execution : {};
  const context = {
    ...run.context,
    Execution: {
      ...outer,
      Id: `${mapRunArn.replace(':mapRun:', ':execution:')}:${name}`,
      Name: name,
      Input: input,
      StartTime: new Date(world.nowMs()).toISOString(),
    },
  };
  const trail = new Trail(new History(world.nowMs, () => undefined), 0);
  return runMachine(state.processor, input, { world, signal, trail, context, variables: {} });
}

async function failuresMaxOf(state: MapState, itemCount: number, frame: Frame): Promise<number> {
  const count = await state.tolerated?.count(frame);
  const percentage = await state.tolerated?.percentage(frame);
  const byPercentage = typeof percentage === 'number' ? (percentage / 100) * itemCount : 0;
  return Math.max(typeof count === 'number' ? count : 0, Math.floor(byPercentage));
}

function thresholdExceeded(last: StateError): StateError {
  return new StateError(
    'States.ExceedToleratedFailureThreshold',
    `More iterations failed than may; the last with ${last.errorName}: ${last.causeText}`,
  );
}

function recordFailure(run: Run, error: unknown): void {
  const known = error instanceof StateError ? error : new StateError('States.Runtime', '');
  run.trail.add('MapRunFailed', 'mapRunFailedEventDetails', {
    error: known.errorName,
    cause: known.causeText,
  });
  run.trail.add('MapStateFailed');
}

function machineArnOf(context: JsonObject): string {
  const machine = isObject(context.StateMachine) ? context.StateMachine : {};
  return typeof machine.Id === 'string' ? machine.Id : '';
}
