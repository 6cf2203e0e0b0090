import type { Execution, ExecutionStart } from './execution.ts';
import { runMap, runParallel } from './fan-out.ts';
import type { Frame, Leaving } from './frame.ts';
import type { Trail } from './history.ts';
import { type Json, type JsonObject, withinLimit } from './json.ts';
import type { Catcher, Machine, State } from './machine.ts';
import type { Objects } from './objects.ts';
import { retryDelayMs } from './retry.ts';
import { errorOutputOf, matchesError, StateError } from './state-error.ts';
import { type InvokeLambda, runTask } from './task.ts';
import { sleep } from './timing.ts';

/** What a run needs of the world; time and chance come in here. */
export interface World {
  readonly invokeLambda: InvokeLambda;
  readonly objects: Objects;
  /** Starts an execution for an item of a distributed Map. */
  readonly startChild: (start: ExecutionStart) => Execution;
  readonly nowMs: () => number;
  /** Uniform in [0, 1): spreads retries whose JitterStrategy is FULL. */
  readonly random: () => number;
}

/** One branch of one execution under way. */
export interface Run {
  readonly world: World;
  readonly signal: AbortSignal;
  readonly trail: Trail;
  /** The context object without State, which each state adds. */
  readonly context: JsonObject;
  variables: Readonly<Record<string, Json>>;
}

export type WorkingState = Extract<State, { type: 'Task' | 'Parallel' | 'Map' }>;

interface Step {
  readonly output: Json;
  /** Undefined at the machine's end. */
  readonly next: string | undefined;
}

/** Runs a machine, a branch or an iteration to its end; throws the StateError that nothing caught. */
export async function runMachine(machine: Machine, input: Json, run: Run): Promise<Json> {
  let value = withinLimit(input, 'input');
  let name: string | undefined = machine.startAt;
  while (name !== undefined) {
    const state = machine.states.get(name);
    if (state === undefined) throw new StateError('States.Runtime', `There is no state ${name}.`);
    const step = await runState(state, value, run);
    value = step.output;
    name = step.next;
  }
  return value;
}

async function runState(state: State, input: Json, run: Run): Promise<Step> {
  run.signal.throwIfAborted();
  run.trail.add(`${state.type}StateEntered`, 'stateEnteredEventDetails', {
    name: state.name,
    input: JSON.stringify(input),
  });
  const step = await stepOf(state, frameOf(state, input, run, 0), run);
  withinLimit(step.output, `output of ${state.name}`);
  run.trail.add(`${state.type}StateExited`, 'stateExitedEventDetails', {
    name: state.name,
    output: JSON.stringify(step.output),
  });
  // A long chain of states without I/O must not starve the server it runs in.
  await new Promise((resolve) => setImmediate(resolve));
  return step;
}

async function stepOf(state: State, frame: Frame, run: Run): Promise<Step> {
  switch (state.type) {
    case 'Pass':
      return left(await state.leave(frame), state.next, run);
    case 'Succeed':
      return left(await state.leave(frame), undefined, run);
    case 'Fail':
      throw new StateError(textOf(await state.error(frame)), textOf(await state.cause(frame)));
    case 'Choice': {
      const { next, leave } = await state.choose(frame);
      return left(await leave(frame), next, run);
    }
    case 'Wait': {
      const durationMs = waitMs(state.wait.kind, await state.wait.value(frame), run.world.nowMs());
      await sleep(durationMs, run.signal);
      return left(await state.leave(frame), state.next, run);
    }
    default:
      return runWorking(state, frame, run);
  }
}

/** Task, Parallel and Map: the work, again as Retry says, and then perhaps a Catch. */
async function runWorking(state: WorkingState, first: Frame, run: Run): Promise<Step> {
  const attempts = state.retry.map(() => 0);
  for (let retryCount = 0; ; retryCount += 1) {
    const frame = retryCount === 0 ? first : frameOf(state, first.input, run, retryCount);
    try {
      const result = withinLimit(await work(state, frame, run), `result of ${state.name}`);
      return left(await state.leave({ ...frame, result }), state.next, run);
    } catch (error) {
      if (!(error instanceof StateError) || run.signal.aborted) throw error;
      recordEvaluationFailure(state, error, run);
      const delayMs = retryDelayMs(state.retry, attempts, error.errorName, run.world.random);
      if (delayMs === undefined) return caught(state.catch, error, frame, run);
      await sleep(delayMs, run.signal);
    }
  }
}

function work(state: WorkingState, frame: Frame, run: Run): Promise<Json> {
  switch (state.type) {
    case 'Task':
      return runTask(state, frame, run);
    case 'Parallel':
      return runParallel(state, frame, run);
    case 'Map':
      return runMap(state, frame, run);
  }
}

async function caught(
  catchers: readonly Catcher[],
  error: StateError,
  frame: Frame,
  run: Run,
): Promise<Step> {
  const catcher = catchers.find(({ errorEquals }) => matchesError(errorEquals, error.errorName));
  if (catcher === undefined) throw error;
  const leaving = await catcher.leave({ ...frame, errorOutput: errorOutputOf(error) });
  return left(leaving, catcher.next, run);
}

function left(leaving: Leaving, next: string | undefined, run: Run): Step {
  run.variables = leaving.variables;
  return { output: leaving.output, next };
}

function frameOf(state: State, input: Json, run: Run, retryCount: number): Frame {
  const entered = new Date(run.world.nowMs()).toISOString();
  const context = {
    ...run.context,
    State: { EnteredTime: entered, Name: state.name, RetryCount: retryCount },
  };
  return { input, context, variables: run.variables };
}

function recordEvaluationFailure(state: WorkingState, error: StateError, run: Run): void {
  if (error.errorName !== 'States.QueryEvaluationError') return;
  run.trail.add('EvaluationFailed', 'evaluationFailedEventDetails', {
    error: error.errorName,
    cause: error.causeText,
    state: state.name,
  });
}

function waitMs(kind: 'seconds' | 'timestamp', value: Json, nowMs: number): number {
  if (kind === 'seconds') {
    if (typeof value === 'number' && value >= 0) return value * 1000;
    throw new StateError('States.Runtime', `A wait's seconds must be a number ≥ 0, not ${value}.`);
  }
  const untilMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(untilMs)) return Math.max(0, untilMs - nowMs);
  throw new StateError('States.Runtime', `A wait's timestamp must be ISO 8601, not ${value}.`);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
