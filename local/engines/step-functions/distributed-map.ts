import { randomUUID } from 'node:crypto';
import type { Execution } from './execution.ts';
import { lanesOf } from './fan-out.ts';
import type { Frame } from './frame.ts';
import type { Run } from './interpreter.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Distributed, MapState } from './machine.ts';
import { type ChildInput, childInputs, readItems } from './map-items.ts';
import { writeResults } from './map-results.ts';
import { StateError } from './state-error.ts';

/** AWS runs up to 10,000 at a time; here each would wait for the same few processors. */
const CONCURRENCY_MAX = 100;

/** One run of a distributed Map, and where its children belong. */
interface MapRun {
  readonly arn: string;
  readonly childArnPrefix: string;
  readonly childMachine: Execution['start']['machine'];
}

/**
 * A Map whose iterations are executions of their own: each has its own history and context, and what
 * fails is counted against what may fail. Gives the outputs of those that succeed, in the items' order,
 * or with a ResultWriter where they lie.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export async function runDistributedMap(
  state: MapState,
  distributed: Distributed,
  frame: Frame,
  run: Run,
): Promise<Json> {
  const items = await itemsOf(state, distributed, frame, run);
  const lanes = lanesOf(await state.maxConcurrency(frame), items.length, CONCURRENCY_MAX);
  const failuresMax = await failuresMaxOf(distributed, items.length, frame);
  const mapRun = mapRunOf(state, distributed, run);
  run.trail.add('MapStateStarted', 'mapStateStartedEventDetails', { length: items.length });
  run.trail.add('MapRunStarted', 'mapRunStartedEventDetails', { mapRunArn: mapRun.arn });
  try {
    const inputs = childInputs(state, distributed, items, frame);
    const { children, excess } = await runChildren(inputs, lanes, failuresMax, mapRun, run);
    const writerArguments = await distributed.writerArguments?.(frame);
    const result =
      writerArguments === undefined
        ? outputsOf(children)
        : await writeResults(writerArguments, mapRun.arn, children, run.world.objects);
    if (excess !== undefined) throw excess;
    run.trail.add('MapRunSucceeded');
    run.trail.add('MapStateSucceeded');
    return result;
  } catch (error) {
    if (!run.signal.aborted) recordFailure(run, error);
    throw error;
  }
}

async function itemsOf(
  state: MapState,
  { reader }: Distributed,
  frame: Frame,
  run: Run,
): Promise<readonly Json[]> {
  if (reader !== undefined) return readItems(reader, frame, run.world.objects);
  const items = await state.items(frame);
  if (Array.isArray(items)) return items;
  throw new StateError('States.Runtime', 'A Map needs an array.');
}

/** Runs a child per input until all have ended or too many have failed; the rest is stopped then. */
async function runChildren(
  inputs: AsyncGenerator<ChildInput>,
  lanes: number,
  failuresMax: number,
  mapRun: MapRun,
  run: Run,
): Promise<{ readonly children: readonly Execution[]; readonly excess: StateError | undefined }> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([run.signal, siblings.signal]);
  const children: Execution[] = [];
  let failedItemCount = 0;
  let excess: StateError | undefined;
  const lane = async () => {
    for await (const { index, input, itemCount } of inputs) {
      if (signal.aborted) return;
      const child = startChild(mapRun, input, run);
      children[index] = child;
      await endedOrStopped(child, signal);
      if (child.status !== 'SUCCEEDED') failedItemCount += itemCount;
      if (failedItemCount <= failuresMax || signal.aborted) continue;
      excess = thresholdExceeded(child);
      siblings.abort();
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    siblings.abort();
  }
  run.signal.throwIfAborted();
  // An index that was drawn but never started leaves a hole.
  return { children: children.filter((child) => child !== undefined), excess };
}

function startChild(mapRun: MapRun, input: Json, run: Run): Execution {
  const name = randomUUID();
  return run.world.startChild({
    arn: `${mapRun.childArnPrefix}:${name}`,
    name,
    machine: mapRun.childMachine,
    inputText: JSON.stringify(input),
  });
}

async function endedOrStopped(child: Execution, signal: AbortSignal): Promise<void> {
  const stop = () => void child.stop('', 'The Map run ended.');
  signal.addEventListener('abort', stop, { once: true });
  await child.ended;
  signal.removeEventListener('abort', stop);
}

function outputsOf(children: readonly Execution[]): Json[] {
  return children.flatMap(({ ending }) => (ending?.status === 'SUCCEEDED' ? [ending.output] : []));
}

/** Either bound ends the run where both are given; without any, nothing may fail. */
async function failuresMaxOf(
  { toleratedCount, toleratedPercentage }: Distributed,
  itemCount: number,
  frame: Frame,
): Promise<number> {
  const count = await toleratedCount?.(frame);
  const percentage = await toleratedPercentage?.(frame);
  const bounds = [
    ...(typeof count === 'number' ? [count] : []),
    ...(typeof percentage === 'number' ? [Math.floor((percentage / 100) * itemCount)] : []),
  ];
  return bounds.length === 0 ? 0 : Math.min(...bounds);
}

function thresholdExceeded({ ending }: Execution): StateError {
  const last =
    ending === undefined || ending.status === 'SUCCEEDED'
      ? ''
      : ` The last: ${ending.error}: ${ending.cause}`;
  return new StateError(
    'States.ExceedToleratedFailureThreshold',
    `The specified tolerated failure threshold was exceeded.${last}`,
  );
}

function mapRunOf(state: MapState, { label, executionType }: Distributed, run: Run): MapRun {
  const machine = objectIn(run.context, 'StateMachine');
  const childMachineArn = `${machine.Id}/${label}`;
  const arn = `${childMachineArn.replace(':stateMachine:', ':mapRun:')}:${randomUUID()}`;
  const isExpress = executionType === 'EXPRESS';
  return {
    arn,
    childArnPrefix: isExpress
      ? arn.replace(':mapRun:', ':express:')
      : childMachineArn.replace(':stateMachine:', ':execution:'),
    childMachine: {
      arn: childMachineArn,
      name: `${machine.Name}/${label}`,
      roleArn: String(objectIn(run.context, 'Execution').RoleArn),
      definition: { ...state.processor, timeoutSeconds: undefined },
      definitionText: '',
      createdAtMs: run.world.nowMs(),
    },
  };
}

function objectIn(context: JsonObject, name: string): JsonObject {
  const found = context[name];
  return isObject(found) ? found : {};
}

function recordFailure(run: Run, error: unknown): void {
  const known = error instanceof StateError ? error : new StateError('States.Runtime', '');
  run.trail.add('MapRunFailed', 'mapRunFailedEventDetails', {
    error: known.errorName,
    cause: known.causeText,
  });
  run.trail.add('MapStateFailed');
}
