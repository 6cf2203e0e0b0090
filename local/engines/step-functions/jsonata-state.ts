import type { Surroundings } from './definition.ts';
import type { JsonataState, StateOf } from './definition-schema.ts';
import { distributedOf } from './distributed-map-state.ts';
import type { Frame, Leave, Value } from './frame.ts';
import type { Json } from './json.ts';
import { compileJsonata, type LateMember } from './jsonata-value.ts';
import type { Catcher, State } from './machine.ts';
import { at } from './refusal.ts';
import { StateError } from './state-error.ts';
import { checkInvokeArguments, exactlyOne, listOf, onwardOf, resourceOf } from './state-parts.ts';

type Raw<T extends JsonataState['Type']> = StateOf<JsonataState, T>;

/** Compiles one state whose query language is JSONata. */
export function compileJsonataState(raw: JsonataState, surroundings: Surroundings): State {
  const { name, path } = surroundings;
  switch (raw.Type) {
    case 'Task':
      return task(raw, surroundings);
    case 'Parallel':
      return parallel(raw, surroundings);
    case 'Map':
      return map(raw, surroundings);
    case 'Choice':
      return choice(raw, surroundings);
    case 'Wait':
      return wait(raw, surroundings);
    case 'Pass':
      return { name, type: 'Pass', leave: leaveOf(raw, path, []), next: onwardOf(raw, path) };
    case 'Succeed':
      return { name, type: 'Succeed', leave: leaveOf(raw, path, []) };
    case 'Fail':
      return {
        name,
        type: 'Fail',
        error: compileJsonata(raw.Error ?? '', at(path, 'Error'), []),
        cause: compileJsonata(raw.Cause ?? '', at(path, 'Cause'), []),
      };
  }
}

function task(raw: Raw<'Task'>, { name, path }: Surroundings): State {
  const resource = resourceOf(raw.Resource, at(path, 'Resource'));
  checkInvokeArguments(resource, raw.Arguments, at(path, 'Arguments'));
  return {
    name,
    type: 'Task',
    resource,
    argumentsOf: compileJsonata(raw.Arguments, at(path, 'Arguments'), []),
    timeoutSeconds:
      raw.TimeoutSeconds === undefined
        ? undefined
        : compileJsonata(raw.TimeoutSeconds, at(path, 'TimeoutSeconds'), []),
    ...working(raw, path),
  };
}

function parallel(raw: Raw<'Parallel'>, { name, path, compileBranch }: Surroundings): State {
  return {
    name,
    type: 'Parallel',
    argumentsOf: orInput(raw.Arguments, at(path, 'Arguments')),
    branches: raw.Branches.map((branch, index) =>
      compileBranch(branch, at(path, 'Branches', index)),
    ),
    ...working(raw, path),
  };
}

function map(raw: Raw<'Map'>, { name, path, compileProcessor }: Surroundings): State {
  const selector =
    raw.ItemSelector === undefined
      ? undefined
      : compileJsonata(raw.ItemSelector, at(path, 'ItemSelector'), []);
  const processor = compileProcessor(raw.ItemProcessor, at(path, 'ItemProcessor'));
  return {
    name,
    type: 'Map',
    items: listOf(orInput(raw.Items, at(path, 'Items')), at(path, 'Items')),
    itemInput: async (frame, item) => (selector === undefined ? item : selector(frame)),
    maxConcurrency: compileJsonata(raw.MaxConcurrency ?? 0, at(path, 'MaxConcurrency'), []),
    processor,
    distributed: distributedOf(raw, name, path, processor),
    ...working(raw, path),
  };
}

function choice(raw: Raw<'Choice'>, { name, path }: Surroundings): State {
  const rules = raw.Choices.map((rule, index) => {
    const rulePath = at(path, 'Choices', index);
    return {
      next: rule.Next,
      path: rulePath,
      condition: compileJsonata(rule.Condition, at(rulePath, 'Condition'), []),
      leave: leaveOf(rule, rulePath, []),
    };
  });
  const otherwise = raw.Default;
  const leave = leaveOf(raw, path, []);
  return {
    name,
    type: 'Choice',
    targets: [...rules.map((rule) => rule.next), ...(otherwise === undefined ? [] : [otherwise])],
    choose: async (frame) => {
      for (const rule of rules) {
        const holds = await rule.condition(frame);
        if (holds === true) return rule;
        if (holds === false) continue;
        throw new StateError(
          'States.QueryEvaluationError',
          `The condition at ${rule.path} gave ${JSON.stringify(holds)}, neither true nor false.`,
        );
      }
      if (otherwise !== undefined) return { next: otherwise, leave };
      throw new StateError(
        'States.NoChoiceMatched',
        `No condition of ${path} holds and it has no Default.`,
      );
    },
  };
}

function wait(raw: Raw<'Wait'>, { name, path }: Surroundings): State {
  const { field, value } = exactlyOne<string | number>(
    [
      { field: 'Seconds', value: raw.Seconds },
      { field: 'Timestamp', value: raw.Timestamp },
    ],
    path,
  );
  return {
    name,
    type: 'Wait',
    wait: {
      kind: field === 'Seconds' ? 'seconds' : 'timestamp',
      value: compileJsonata(value, at(path, field), []),
    },
    leave: leaveOf(raw, path, []),
    next: onwardOf(raw, path),
  };
}

function working(raw: Raw<'Task' | 'Parallel' | 'Map'>, path: string) {
  const catchers = (raw.Catch ?? []).map((catcher, index): Catcher => {
    const leave = leaveOf(catcher, at(path, 'Catch', index), ['errorOutput']);
    return { errorEquals: catcher.ErrorEquals, next: catcher.Next, leave };
  });
  return {
    leave: leaveOf(raw, path, ['result']),
    retry: raw.Retry ?? [],
    catch: catchers,
    next: onwardOf(raw, path),
  };
}

/**
 * Output and Assign. Both see the variables as they were: neither sees what the other does. Without
 * an Output, what was caught, else the result, else the input leaves the state.
 */
function leaveOf(
  raw: { Output?: Json | undefined; Assign?: Record<string, Json> | undefined },
  path: string,
  late: readonly LateMember[],
): Leave {
  const output =
    raw.Output === undefined ? latest : compileJsonata(raw.Output, at(path, 'Output'), late);
  const assign = compileJsonata(raw.Assign ?? {}, at(path, 'Assign'), late);
  return async (frame) => {
    const [value, assigned] = await Promise.all([output(frame), assign(frame)]);
    return { output: value, variables: { ...frame.variables, ...Object(assigned) } };
  };
}

async function latest(frame: Frame): Promise<Json> {
  if (frame.errorOutput !== undefined) return frame.errorOutput;
  return frame.result === undefined ? frame.input : frame.result;
}

function orInput(template: Json | undefined, path: string): Value {
  if (template === undefined) return async (frame) => frame.input;
  return compileJsonata(template, path, []);
}
