import { randomUUID } from 'node:crypto';
import { ServiceError } from '../json-service.ts';
import { compileDefinition } from './definition.ts';
import { Execution, type ExecutionStart, type StateMachine } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import type { World } from './interpreter.ts';
import { PAYLOAD_BYTES_MAX } from './json.ts';

/** Ended executions that can still be described; the oldest go first. A training run has about 40 events. */
const ENDED_EXECUTIONS_MAX = 1_000;
/** Far more than one machine can run; a start beyond it is a loop that starts executions. */
const RUNNING_EXECUTIONS_MAX = 100;
/** Children of distributed Maps that can still be described; the oldest go first. */
const CHILDREN_MAX = 10_000;

export interface MachineToDefine {
  readonly name: string;
  readonly arn: string;
  /** JSON text or value, in the Amazon States Language. */
  readonly definition: unknown;
  /** Values of `${Name}` in the definition, as CloudFormation's DefinitionSubstitutions. */
  readonly substitutions?: Readonly<Record<string, string>>;
  readonly roleArn: string;
}

/** One value for CloudWatch, in namespace AWS/States under the dimension StateMachineArn. */
export interface StatesMetric {
  readonly stateMachineArn: string;
  readonly metricName:
    | 'ExecutionsStarted'
    | 'ExecutionsSucceeded'
    | 'ExecutionsFailed'
    | 'ExecutionsTimedOut'
    | 'ExecutionsAborted'
    | 'ExecutionTime';
  readonly value: number;
  readonly timestampMs: number;
}

export interface RegistryListeners {
  readonly onEvent?: ((event: HistoryEvent, execution: Execution) => void) | undefined;
  readonly onMetric?: ((metric: StatesMetric) => void) | undefined;
}

/** The state machines and their executions. */
export class Registry {
  readonly #world: World;
  readonly #listeners: RegistryListeners;
  readonly #machines = new Map<string, StateMachine>();
  /** In the order of their starts. */
  readonly #executions = new Map<string, Execution>();

  readonly #children = new Map<string, Execution>();

  constructor(world: Omit<World, 'startChild'>, listeners: RegistryListeners) {
    this.#world = { ...world, startChild: (start) => this.#startChild(start) };
    this.#listeners = listeners;
  }

  /** Adds or replaces a machine; throws DefinitionRefused where it holds what isn't implemented. */
  define({ name, arn, definition, substitutions = {}, roleArn }: MachineToDefine): void {
    const written = typeof definition === 'string' ? definition : JSON.stringify(definition);
    const text = written.replace(/\$\{([\w-]+)\}/g, (whole, key: string) => {
      const value = Object.hasOwn(substitutions, key) ? substitutions[key] : undefined;
      return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
    });
    this.#machines.set(arn, {
      arn,
      name,
      roleArn,
      definition: compileDefinition(text),
      definitionText: text,
      createdAtMs: this.#world.nowMs(),
    });
  }

  machines(): readonly StateMachine[] {
    return [...this.#machines.values()];
  }

  machine(arn: string): StateMachine {
    const machine = this.#machines.get(arn);
    if (machine !== undefined) return machine;
    throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  execution(arn: string): Execution {
    const execution = this.#executions.get(arn) ?? this.#children.get(arn);
    if (execution !== undefined) return execution;
    throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  /** Newest first. */
  executionsOf(machineArn: string): readonly Execution[] {
    return [...this.#executions.values()]
      .filter(({ start }) => start.machine.arn === machineArn)
      .reverse();
  }

  /** Starts an execution, or finds the running one of the same name and input. */
  start(machineArn: string, name: string | undefined, inputText: string): Execution {
    const machine = this.machine(machineArn);
    checkInput(inputText);
    const executionName = name ?? randomUUID();
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${executionName}`;
    const existing = this.#executions.get(arn);
    if (existing !== undefined) return sameStart(existing, inputText);
    this.#makeRoom();
    const execution = new Execution(
      { arn, name: executionName, machine, inputText },
      this.#world,
      (event, started) => this.#listeners.onEvent?.(event, started),
    );
    this.#executions.set(arn, execution);
    this.#measure(execution);
    return execution;
  }

  /** Aborts whatever runs; for the engine's own end. */
  async stopAll(): Promise<void> {
    const running = [...this.#executions.values()].filter(({ status }) => status === 'RUNNING');
    await Promise.all(
      running.map((execution) => execution.stop('LocalCloudStopped', 'The local cloud stopped.')),
    );
  }

  /** Its history is its own; listeners hear of its failures alone, a Map may have thousands of children. */
  #startChild(start: ExecutionStart): Execution {
    const [oldest] = this.#children.keys();
    if (oldest !== undefined && this.#children.size >= CHILDREN_MAX) this.#children.delete(oldest);
    const child = new Execution(start, this.#world, (event, started) => {
      if (/Failed|TimedOut/u.test(event.type)) this.#listeners.onEvent?.(event, started);
    });
    this.#children.set(start.arn, child);
    return child;
  }

  #makeRoom(): void {
    const ended = [...this.#executions].filter(([, { status }]) => status !== 'RUNNING');
    if (this.#executions.size - ended.length >= RUNNING_EXECUTIONS_MAX) {
      throw new ServiceError(
        'ExecutionLimitExceeded',
        `The local cloud runs at most ${RUNNING_EXECUTIONS_MAX} executions at a time.`,
      );
    }
    const surplus = ended.length - ENDED_EXECUTIONS_MAX + 1;
    for (const [arn] of ended.slice(0, Math.max(0, surplus))) this.#executions.delete(arn);
  }

  #measure(execution: Execution): void {
    const put = (metricName: StatesMetric['metricName'], value: number, timestampMs: number) =>
      this.#listeners.onMetric?.({
        stateMachineArn: execution.start.machine.arn,
        metricName,
        value,
        timestampMs,
      });
    put('ExecutionsStarted', 1, execution.startedAtMs);
    execution.ended.then(() => {
      const endedAtMs = execution.endedAtMs ?? execution.startedAtMs;
      put('ExecutionTime', endedAtMs - execution.startedAtMs, endedAtMs);
      if (execution.ending !== undefined) put(endingMetrics[execution.ending.status], 1, endedAtMs);
    });
  }
}

const endingMetrics = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
} as const;

function checkInput(inputText: string): void {
  if (Buffer.byteLength(inputText) > PAYLOAD_BYTES_MAX) {
    throw new ServiceError(
      'InvalidExecutionInput',
      `The input exceeds ${PAYLOAD_BYTES_MAX} bytes.`,
    );
  }
  try {
    JSON.parse(inputText);
  } catch {
    throw new ServiceError('InvalidExecutionInput', 'The input is no JSON.');
  }
}

function sameStart(existing: Execution, inputText: string): Execution {
  if (existing.status === 'RUNNING' && existing.start.inputText === inputText) return existing;
  throw new ServiceError(
    'ExecutionAlreadyExists',
    `Execution Already Exists: '${existing.start.arn}'`,
  );
}
