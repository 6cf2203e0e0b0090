import type { Definition } from './definition.ts';
import { History, type HistoryEvent, Trail } from './history.ts';
import { runMachine, type World } from './interpreter.ts';
import type { Json, JsonObject } from './json.ts';
import { StateError } from './state-error.ts';
import { withinSeconds } from './timing.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** A machine as it was when the execution started: a new definition changes no execution under way. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
  readonly definitionText: string;
  readonly createdAtMs: number;
}

export interface ExecutionStart {
  readonly arn: string;
  readonly name: string;
  readonly machine: StateMachine;
  /** JSON text as the caller sent it: idempotency compares it byte by byte. */
  readonly inputText: string;
}

type Ending =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | {
      readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
      readonly error: string;
      readonly cause: string;
    };

/** StopExecution, as the reason of an abort. */
class Stopped extends Error {
  readonly error: string;
  readonly reason: string;

  constructor(error: string, reason: string) {
    super('stopped');
    this.error = error;
    this.reason = reason;
  }
}

/** The machine's TimeoutSeconds is no error that a state could catch, so it has a class of its own. */
class MachineTimedOut extends Error {}

/** One execution, from its start to its one ending. */
export class Execution {
  readonly start: ExecutionStart;
  readonly startedAtMs: number;
  readonly history: History;
  /** Settles when the execution has ended, however; never rejects. */
  readonly ended: Promise<void>;
  ending: Ending | undefined;
  endedAtMs: number | undefined;
  readonly #stop = new AbortController();
  readonly #world: World;

  constructor(
    start: ExecutionStart,
    world: World,
    onEvent: (event: HistoryEvent, execution: Execution) => void,
  ) {
    this.start = start;
    this.#world = world;
    this.startedAtMs = world.nowMs();
    this.history = new History(world.nowMs, (event) => onEvent(event, this));
    const startedId = this.history.add(0, 'ExecutionStarted', 'executionStartedEventDetails', {
      input: start.inputText,
      roleArn: start.machine.roleArn,
    });
    this.ended = this.#run(new Trail(this.history, startedId));
  }

  get status(): ExecutionStatus {
    return this.ending?.status ?? 'RUNNING';
  }

  async stop(error: string, cause: string): Promise<void> {
    this.#stop.abort(new Stopped(error, cause));
    await this.ended;
  }

  async #run(trail: Trail): Promise<void> {
    const ending = await this.#outcome(trail);
    this.ending = ending;
    this.endedAtMs = this.#world.nowMs();
    const [type, key] = endingEvents[ending.status];
    const details: JsonObject =
      ending.status === 'SUCCEEDED'
        ? { output: JSON.stringify(ending.output) }
        : { error: ending.error, cause: ending.cause };
    trail.add(type, key, details);
    this.history.close();
  }

  async #outcome(trail: Trail): Promise<Ending> {
    const { definition } = this.start.machine;
    try {
      const output = await withinSeconds(
        definition.timeoutSeconds,
        this.#stop.signal,
        () => new MachineTimedOut(),
        (signal) =>
          runMachine(definition, JSON.parse(this.start.inputText), {
            world: this.#world,
            signal,
            trail,
            context: this.#contextObject(),
            variables: {},
          }),
      );
      return { status: 'SUCCEEDED', output };
    } catch (error) {
      return endingOf(error);
    }
  }

  #contextObject(): JsonObject {
    const { arn, name, machine, inputText } = this.start;
    return {
      Execution: {
        Id: arn,
        Name: name,
        Input: JSON.parse(inputText),
        RoleArn: machine.roleArn,
        StartTime: new Date(this.startedAtMs).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
    };
  }
}

const endingEvents: Readonly<Record<Ending['status'], readonly [type: string, key: string]>> = {
  SUCCEEDED: ['ExecutionSucceeded', 'executionSucceededEventDetails'],
  FAILED: ['ExecutionFailed', 'executionFailedEventDetails'],
  TIMED_OUT: ['ExecutionTimedOut', 'executionTimedOutEventDetails'],
  ABORTED: ['ExecutionAborted', 'executionAbortedEventDetails'],
};

function endingOf(error: unknown): Ending {
  if (error instanceof Stopped) {
    return { status: 'ABORTED', error: error.error, cause: error.reason };
  }
  if (error instanceof MachineTimedOut) {
    return { status: 'TIMED_OUT', error: 'States.Timeout', cause: '' };
  }
  if (error instanceof StateError) {
    return { status: 'FAILED', error: error.errorName, cause: error.causeText };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status: 'FAILED', error: 'States.Runtime', cause: message };
}
