import type { Frame } from './frame.ts';
import type { Run } from './interpreter.ts';
import { isObject, type Json, withinLimit } from './json.ts';
import type { Resource, State } from './machine.ts';
import { StateError } from './state-error.ts';
import { untilAborted, withinSeconds } from './timing.ts';

/** What a function's invocation came to: its answer, or that it failed and the error document it left. */
export interface LambdaAnswer {
  readonly payload: Json;
  /** `Handled` or `Unhandled`, as Lambda's X-Amz-Function-Error. */
  readonly functionError?: string;
}

/**
 * Invokes a function and waits for its answer. A rejection means that Lambda itself failed; its name
 * becomes the error `Lambda.<name>`. The signal is aborted where nobody waits any more.
 */
export type InvokeLambda = (
  functionArn: string,
  payload: Json,
  signal: AbortSignal,
) => Promise<LambdaAnswer>;

type TaskState = Extract<State, { type: 'Task' }>;

interface Invocation {
  readonly functionArn: string;
  readonly payload: Json;
}

/** The names of one kind of resource's history events. */
interface EventNames {
  readonly scheduled: string;
  readonly started: string;
  readonly succeeded: string;
  readonly failed: string;
  readonly timedOut: string;
}

const eventNames: Readonly<Record<Resource['kind'], EventNames>> = {
  'lambda-invoke': namesFrom('Task'),
  function: namesFrom('LambdaFunction'),
  'run-task': namesFrom('Task'),
};

/** Calls the Task's function once. */
export async function runTask(state: TaskState, frame: Frame, run: Run): Promise<Json> {
  const taskArguments = withinLimit(await state.argumentsOf(frame), `arguments of ${state.name}`);
  if (state.resource.kind === 'run-task') {
    throw new StateError(
      'States.Runtime',
      `${state.name} starts a container by ecs:runTask.sync, which isn't implemented locally: there is no container runtime here. Choose a path of the workflow without it.`,
    );
  }
  const timeoutSeconds = secondsOf(state, await state.timeoutSeconds?.(frame));
  const invocation = invocationOf(state.resource, taskArguments);
  const events = eventNames[state.resource.kind];
  const where =
    state.resource.kind === 'function'
      ? { resource: state.resource.arn }
      : { resourceType: 'lambda', resource: 'invoke' };
  record(run, events.scheduled, {
    ...where,
    ...(state.resource.kind === 'function'
      ? { input: JSON.stringify(taskArguments) }
      : { region: regionOf(invocation.functionArn), parameters: JSON.stringify(taskArguments) }),
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
  });
  record(run, events.started, state.resource.kind === 'function' ? {} : where);
  try {
    const answer = await withinSeconds(
      timeoutSeconds,
      run.signal,
      () => new StateError('States.Timeout', `The task ran longer than ${timeoutSeconds} s.`),
      (signal) => invoke(invocation, run, signal),
    );
    const result = state.resource.kind === 'function' ? answer : invokeResult(answer);
    record(run, events.succeeded, {
      ...(state.resource.kind === 'function' ? {} : where),
      output: JSON.stringify(result),
    });
    return result;
  } catch (error) {
    if (error instanceof StateError && !run.signal.aborted) {
      const name = error.errorName === 'States.Timeout' ? events.timedOut : events.failed;
      const shown = state.resource.kind === 'function' ? {} : where;
      record(run, name, { ...shown, error: error.errorName, cause: error.causeText });
    }
    throw error;
  }
}

async function invoke(invocation: Invocation, run: Run, signal: AbortSignal): Promise<Json> {
  signal.throwIfAborted();
  const work = run.world
    .invokeLambda(invocation.functionArn, invocation.payload, signal)
    .catch((error: unknown) => {
      throw lambdaError(error);
    });
  const answer = await untilAborted(work, signal);
  if (answer.functionError !== undefined) throw functionError(answer);
  return withinLimit(answer.payload, 'payload of the function');
}

function invocationOf(resource: Resource, taskArguments: Json): Invocation {
  if (resource.kind === 'function') return { functionArn: resource.arn, payload: taskArguments };
  const given = isObject(taskArguments) ? taskArguments : {};
  const { FunctionName, Payload = {}, InvocationType = 'RequestResponse', ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new StateError(
      'States.Runtime',
      `The argument ${unknown} of lambda:invoke isn't implemented locally.`,
    );
  }
  if (typeof FunctionName !== 'string' || FunctionName === '') {
    throw new StateError('States.Runtime', 'lambda:invoke needs a FunctionName.');
  }
  if (InvocationType !== 'RequestResponse') {
    throw new StateError(
      'States.Runtime',
      `The InvocationType ${JSON.stringify(InvocationType)} isn't implemented locally.`,
    );
  }
  return { functionArn: FunctionName, payload: Payload };
}

/** The result of the service integration, as AWS shapes it; the HTTP metadata has nothing to say here. */
function invokeResult(payload: Json): Json {
  return {
    ExecutedVersion: '$LATEST',
    Payload: payload,
    SdkHttpMetadata: { HttpStatusCode: 200 },
    StatusCode: 200,
  };
}

/** A function's own error keeps the name it was thrown under; without one it is Lambda.Unknown. */
function functionError(answer: LambdaAnswer): StateError {
  const type = isObject(answer.payload) ? answer.payload.errorType : undefined;
  const name = typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown';
  return new StateError(name, JSON.stringify(answer.payload));
}

function lambdaError(error: unknown): StateError {
  if (error instanceof StateError) return error;
  const isNamed = error instanceof Error && error.name !== '' && error.name !== 'Error';
  const message = error instanceof Error ? error.message : String(error);
  return new StateError(`Lambda.${isNamed ? error.name : 'SdkClientException'}`, message);
}

function secondsOf(state: TaskState, value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw new StateError(
    'States.Runtime',
    `TimeoutSeconds of ${state.name} must be a whole number ≥ 1, not ${JSON.stringify(value)}.`,
  );
}

function namesFrom(prefix: string): EventNames {
  return {
    scheduled: `${prefix}Scheduled`,
    started: `${prefix}Started`,
    succeeded: `${prefix}Succeeded`,
    failed: `${prefix}Failed`,
    timedOut: `${prefix}TimedOut`,
  };
}

/** The details' member is named after the event: TaskFailed → taskFailedEventDetails. */
function record(run: Run, type: string, details: { [key: string]: Json }): void {
  run.trail.add(type, `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`, details);
}

function regionOf(functionArn: string): string {
  return functionArn.split(':')[3] ?? '';
}
