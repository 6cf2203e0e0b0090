import { compileChoiceRule } from './choice-rule.ts';
import type { Surroundings } from './definition.ts';
import type { JsonPathState, StateOf } from './definition-schema.ts';
import type { Frame, Leave, Value } from './frame.ts';
import type { Json } from './json.ts';
import { compilePath, compilePayload, compileResultPath } from './json-path-value.ts';
import type { Catcher, State } from './machine.ts';
import { at, refuse } from './refusal.ts';
import { StateError } from './state-error.ts';
import { checkInvokeArguments, exactlyOne, listOf, onwardOf, resourceOf } from './state-parts.ts';

type Raw<T extends JsonPathState['Type']> = StateOf<JsonPathState, T>;
type MaybePath = string | null | undefined;

/** Compiles one state whose query language is JSONPath. */
export function compileJsonPathState(raw: JsonPathState, surroundings: Surroundings): State {
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
      return pass(raw, surroundings);
    case 'Succeed':
      return { name, type: 'Succeed', leave: leaveOf(raw, path, undefined) };
    case 'Fail':
      return {
        name,
        type: 'Fail',
        error: textOrPath(raw.Error, raw.ErrorPath, path, 'Error'),
        cause: textOrPath(raw.Cause, raw.CausePath, path, 'Cause'),
      };
  }
}

function task(raw: Raw<'Task'>, { name, path }: Surroundings): State {
  const resource = resourceOf(raw.Resource, at(path, 'Resource'));
  checkInvokeArguments(resource, raw.Parameters, at(path, 'Parameters'));
  if (raw.TimeoutSeconds !== undefined && raw.TimeoutSecondsPath !== undefined) {
    refuse(path, 'Only one of TimeoutSeconds and TimeoutSecondsPath may be given.');
  }
  const { TimeoutSeconds: timeoutSeconds } = raw;
  return {
    name,
    type: 'Task',
    resource,
    argumentsOf: effectiveInput(raw, path),
    timeoutSeconds:
      timeoutSeconds !== undefined
        ? async () => timeoutSeconds
        : raw.TimeoutSecondsPath === undefined
          ? undefined
          : compilePath(raw.TimeoutSecondsPath, at(path, 'TimeoutSecondsPath')),
    ...working(raw, path),
  };
}

function pass(raw: Raw<'Pass'>, { name, path }: Surroundings): State {
  if (raw.Result !== undefined && raw.Parameters !== undefined) {
    refuse(path, 'Only one of Result and Parameters may be given.');
  }
  const { Result: result } = raw;
  const value = result === undefined ? effectiveInput(raw, path) : async () => result;
  return { name, type: 'Pass', leave: leaveOf(raw, path, value), next: onwardOf(raw, path) };
}

function parallel(raw: Raw<'Parallel'>, { name, path, compileBranch }: Surroundings): State {
  return {
    name,
    type: 'Parallel',
    argumentsOf: effectiveInput(raw, path),
    branches: raw.Branches.map((branch, index) =>
      compileBranch(branch, at(path, 'Branches', index)),
    ),
    ...working(raw, path),
  };
}

function map(raw: Raw<'Map'>, { name, path, compileProcessor }: Surroundings): State {
  const input = inputPath(raw.InputPath, at(path, 'InputPath'));
  const itemsPath = at(path, 'ItemsPath');
  const items = compilePath(raw.ItemsPath ?? '$', itemsPath);
  const selector =
    raw.ItemSelector === undefined
      ? undefined
      : compilePayload(raw.ItemSelector, at(path, 'ItemSelector'));
  const maxConcurrency = raw.MaxConcurrency ?? 0;
  const processor = compileProcessor(raw.ItemProcessor, at(path, 'ItemProcessor'));
  if (processor.executionType !== undefined) {
    refuse(at(path, 'ItemProcessor'), 'A Distributed Map is implemented in JSONata alone.');
  }
  return {
    name,
    type: 'Map',
    items: listOf(async (frame) => items({ ...frame, input: await input(frame) }), itemsPath),
    itemInput: async (frame, item) =>
      selector === undefined ? item : selector({ ...frame, input: await input(frame) }),
    maxConcurrency: async () => maxConcurrency,
    processor,
    distributed: undefined,
    ...working(raw, path),
  };
}

function choice(raw: Raw<'Choice'>, { name, path }: Surroundings): State {
  const input = inputPath(raw.InputPath, at(path, 'InputPath'));
  const leave = leaveOf(raw, path, undefined);
  const rules = raw.Choices.map((rule, index) =>
    compileChoiceRule(rule, at(path, 'Choices', index)),
  );
  const otherwise = raw.Default;
  return {
    name,
    type: 'Choice',
    targets: [...rules.map((rule) => rule.next), ...(otherwise === undefined ? [] : [otherwise])],
    choose: async (frame) => {
      const effective = { ...frame, input: await input(frame) };
      const rule = rules.find((candidate) => candidate.holds(effective));
      const next = rule?.next ?? otherwise;
      if (next !== undefined) return { next, leave };
      throw new StateError(
        'States.NoChoiceMatched',
        `No rule of ${path} holds and it has no Default.`,
      );
    },
  };
}

function wait(raw: Raw<'Wait'>, { name, path }: Surroundings): State {
  const { field, value } = exactlyOne<string | number>(
    [
      { field: 'Seconds', value: raw.Seconds },
      { field: 'SecondsPath', value: raw.SecondsPath },
      { field: 'Timestamp', value: raw.Timestamp },
      { field: 'TimestampPath', value: raw.TimestampPath },
    ],
    path,
  );
  const isPath = field.endsWith('Path');
  const input = inputPath(raw.InputPath, at(path, 'InputPath'));
  const moment = isPath ? compilePath(String(value), at(path, field)) : async () => value;
  return {
    name,
    type: 'Wait',
    wait: {
      kind: field.startsWith('Seconds') ? 'seconds' : 'timestamp',
      value: async (frame) => moment({ ...frame, input: await input(frame) }),
    },
    leave: leaveOf(raw, path, undefined),
    next: onwardOf(raw, path),
  };
}

function working(raw: Raw<'Task' | 'Parallel' | 'Map'>, path: string) {
  const catchers = (raw.Catch ?? []).map((catcher, index): Catcher => {
    const place = compileResultPath(catcher.ResultPath, at(path, 'Catch', index, 'ResultPath'));
    return {
      errorEquals: catcher.ErrorEquals,
      next: catcher.Next,
      leave: async (frame) => ({
        output: place(frame.input, frame.errorOutput ?? {}),
        variables: frame.variables,
      }),
    };
  });
  const selector =
    raw.ResultSelector === undefined
      ? async (frame: Frame) => (frame.result === undefined ? null : frame.result)
      : compilePayload(raw.ResultSelector, at(path, 'ResultSelector'));
  return {
    leave: leaveOf(raw, path, selector),
    retry: raw.Retry ?? [],
    catch: catchers,
    next: onwardOf(raw, path),
  };
}

/** InputPath, then Parameters. */
function effectiveInput(
  raw: { InputPath?: MaybePath; Parameters?: Json | undefined },
  path: string,
): Value {
  const input = inputPath(raw.InputPath, at(path, 'InputPath'));
  if (raw.Parameters === undefined) return input;
  const payload = compilePayload(raw.Parameters, at(path, 'Parameters'));
  return async (frame) => payload({ ...frame, input: await input(frame) });
}

/** ResultPath into the raw input, then OutputPath; Assign reads the result, or the input without one. */
function leaveOf(
  raw: {
    InputPath?: MaybePath;
    OutputPath?: MaybePath;
    ResultPath?: MaybePath;
    Assign?: Record<string, Json> | undefined;
  },
  path: string,
  result: Value | undefined,
): Leave {
  const place = compileResultPath(raw.ResultPath, at(path, 'ResultPath'));
  const value = result ?? inputPath(raw.InputPath, at(path, 'InputPath'));
  const pick = inputPath(raw.OutputPath, at(path, 'OutputPath'));
  const assign = raw.Assign && compilePayload(raw.Assign, at(path, 'Assign'));
  return async (frame) => {
    const produced = await value(frame);
    const whole = result === undefined ? produced : place(frame.input, produced);
    const output = await pick(bare(frame, whole));
    const assigned = assign === undefined ? {} : await assign(bare(frame, produced));
    return { output, variables: { ...frame.variables, ...Object(assigned) } };
  };
}

/** A frame in which `$` is this value. */
function bare(frame: Frame, input: Json): Frame {
  return { input, context: frame.context, variables: frame.variables };
}

/** InputPath and OutputPath: absent is `$`, null is the empty object. */
function inputPath(text: MaybePath, path: string): Value {
  if (text === null) return async () => ({});
  if (text === undefined) return async (frame) => frame.input;
  const node = compilePath(text, path);
  return async (frame) => node(bare(frame, frame.input));
}

function textOrPath(
  text: string | undefined,
  reference: string | undefined,
  path: string,
  field: string,
): Value {
  if (text !== undefined && reference !== undefined) {
    refuse(path, `Only one of ${field} and ${field}Path may be given.`);
  }
  if (reference !== undefined) return compilePath(reference, at(path, `${field}Path`));
  return async () => text ?? '';
}
