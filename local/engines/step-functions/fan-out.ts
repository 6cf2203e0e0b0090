import { runDistributedMap } from './distributed-map.ts';
import type { Frame } from './frame.ts';
import { type Run, runMachine } from './interpreter.ts';
import type { Json, JsonObject } from './json.ts';
import type { MapState, State } from './machine.ts';
import { StateError } from './state-error.ts';

/** AWS runs at most about this many iterations of an inline Map at a time. */
const MAP_CONCURRENCY_MAX = 40;

type ParallelState = Extract<State, { type: 'Parallel' }>;

/** Runs all branches on the same input; the first that fails stops the others. */
export async function runParallel(state: ParallelState, frame: Frame, run: Run): Promise<Json> {
  const input = await state.argumentsOf(frame);
  run.trail.add('ParallelStateStarted');
  return together('Parallel', run, (signal) =>
    Promise.all(
      state.branches.map((branch) => runMachine(branch, input, branchOf(run, signal, run.context))),
    ),
  );
}

/** Runs the processor once per item, at most `maxConcurrency` at a time; results keep the items' order. */
export async function runMap(state: MapState, frame: Frame, run: Run): Promise<Json> {
  const { distributed } = state;
  if (distributed !== undefined) return runDistributedMap(state, distributed, frame, run);
  const items = await state.items(frame);
  if (!Array.isArray(items)) throw new StateError('States.Runtime', 'A Map needs an array.');
  const lanes = lanesOf(await state.maxConcurrency(frame), items.length, MAP_CONCURRENCY_MAX);
  run.trail.add('MapStateStarted', 'mapStateStartedEventDetails', { length: items.length });
  return together('Map', run, async (signal) => {
    const results: Json[] = new Array(items.length).fill(null);
    const queue = items.entries();
    const lane = async () => {
      for (const [index, item] of queue) {
        results[index] = await runIteration(state, frame, run, signal, index, item);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return results;
  });
}

async function runIteration(
  state: MapState,
  frame: Frame,
  run: Run,
  signal: AbortSignal,
  index: number,
  item: Json,
): Promise<Json> {
  signal.throwIfAborted();
  const mapItem = { Map: { Item: { Index: index, Value: item } } };
  const branch = branchOf(run, signal, { ...run.context, ...mapItem });
  const details = { name: state.name, index };
  branch.trail.add('MapIterationStarted', 'mapIterationStartedEventDetails', details);
  try {
    const itemFrame = { ...frame, context: { ...frame.context, ...mapItem } };
    const output = await runMachine(
      state.processor,
      await state.itemInput(itemFrame, item),
      branch,
    );
    branch.trail.add('MapIterationSucceeded', 'mapIterationSucceededEventDetails', details);
    return output;
  } catch (error) {
    if (!signal.aborted) {
      branch.trail.add('MapIterationFailed', 'mapIterationFailedEventDetails', details);
    }
    throw error;
  }
}

/** One signal for all branches: where one fails, the others have nobody to work for. */
async function together(
  kind: 'Parallel' | 'Map',
  run: Run,
  work: (signal: AbortSignal) => Promise<Json>,
): Promise<Json> {
  const siblings = new AbortController();
  try {
    const output = await work(AbortSignal.any([run.signal, siblings.signal]));
    run.trail.add(`${kind}StateSucceeded`);
    return output;
  } catch (error) {
    if (!run.signal.aborted) run.trail.add(`${kind}StateFailed`);
    throw error;
  } finally {
    siblings.abort(new StateError('States.BranchFailed', 'A sibling failed.'));
  }
}

/** A branch sees the variables around it; what it assigns stays its own. */
function branchOf(run: Run, signal: AbortSignal, context: JsonObject): Run {
  return { ...run, signal, context, trail: run.trail.fork(), variables: run.variables };
}

export function lanesOf(maxConcurrency: Json, items: number, concurrencyMax: number): number {
  if (
    typeof maxConcurrency !== 'number' ||
    !Number.isInteger(maxConcurrency) ||
    maxConcurrency < 0
  ) {
    throw new StateError(
      'States.Runtime',
      `MaxConcurrency must be a whole number ≥ 0, not ${JSON.stringify(maxConcurrency)}.`,
    );
  }
  const wanted = maxConcurrency === 0 ? concurrencyMax : maxConcurrency;
  return Math.min(wanted, concurrencyMax, items);
}
