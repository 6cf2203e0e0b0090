import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Json } from '../../local/engines/step-functions/json.ts';
import type { StatesMetric } from '../../local/engines/step-functions/registry.ts';
import type { InvokeLambda, LambdaAnswer } from '../../local/engines/step-functions/task.ts';
import {
  type StepFunctionsEngine,
  startStepFunctionsEngine,
} from '../../local/engines/step-functions.ts';
import { Faults } from '../../local/faults.ts';
import { until } from './until.ts';

export const ACCOUNT = '123456789012';
export const INVOKE = 'arn:aws:states:::lambda:invoke';

export function functionArn(name: string): string {
  return `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:${name}`;
}

export function machineArn(name: string): string {
  return `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:${name}`;
}

type TestFunction = (payload: Json, signal: AbortSignal) => LambdaAnswer | Promise<LambdaAnswer>;

/** An engine, its client, and functions to invoke; machines are defined with a throw-away name each. */
export class StepFunctionsHarness {
  readonly engine: StepFunctionsEngine;
  readonly client: SFNClient;
  readonly faults: Faults;
  readonly metrics: StatesMetric[] = [];
  readonly startedExecutions: string[] = [];
  readonly #functions = new Map<string, TestFunction>();
  #machines = 0;

  private constructor(engine: StepFunctionsEngine, client: SFNClient, faults: Faults) {
    this.engine = engine;
    this.faults = faults;
    this.client = client;
  }

  static async start(
    options: { readonly s3Endpoint?: string } = {},
  ): Promise<StepFunctionsHarness> {
    const late: { harness?: StepFunctionsHarness } = {};
    const invokeLambda: InvokeLambda = async (arn, payload, signal) => {
      const handle = late.harness?.functionAt(arn);
      if (handle !== undefined) return handle(payload, signal);
      throw Object.assign(new Error(arn), { name: 'ResourceNotFoundException' });
    };
    const faults = new Faults();
    const engine = await startStepFunctionsEngine({
      invokeLambda,
      s3Endpoint: options.s3Endpoint ?? 'http://127.0.0.1:9',
      faults,
      onEvent: ({ type }, execution) => {
        if (type === 'ExecutionStarted') late.harness?.startedExecutions.push(execution.start.arn);
      },
      onMetric: (metric) => late.harness?.metrics.push(metric),
    });
    const client = new SFNClient({
      endpoint: process.env.STEP_FUNCTIONS_ENDPOINT ?? engine.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      disableHostPrefix: true,
    });
    const harness = new StepFunctionsHarness(engine, client, faults);
    late.harness = harness;
    return harness;
  }

  functionAt(arn: string): TestFunction | undefined {
    return this.#functions.get(arn);
  }

  /** Registers what a function does; gives its ARN. */
  lambda(name: string, handle: TestFunction): string {
    this.#functions.set(functionArn(name), handle);
    return functionArn(name);
  }

  define(definition: unknown): string {
    this.#machines += 1;
    const name = `machine-${this.#machines}`;
    const arn = machineArn(name);
    this.engine.define({ name, arn, definition, roleArn: `arn:aws:iam::${ACCOUNT}:role/train` });
    return arn;
  }

  async begin(definition: unknown, input: Json = {}): Promise<string> {
    const { executionArn } = await this.client.send(
      new StartExecutionCommand({
        stateMachineArn: this.define(definition),
        input: JSON.stringify(input),
      }),
    );
    return executionArn ?? '';
  }

  /** Runs a definition to its end and describes it. */
  async run(definition: unknown, input: Json = {}): Promise<DescribeExecutionOutput> {
    return this.ended(await this.begin(definition, input));
  }

  async ended(executionArn: string): Promise<DescribeExecutionOutput> {
    return until(async () => {
      const execution = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      return execution.status === 'RUNNING' ? undefined : execution;
    });
  }

  /** The output of an execution that must succeed. */
  async output(definition: unknown, input: Json = {}): Promise<Json> {
    const execution = await this.run(definition, input);
    if (execution.status === 'SUCCEEDED') return JSON.parse(execution.output ?? 'null');
    throw new Error(`${execution.status}: ${execution.error} ${execution.cause}`);
  }

  async eventTypes(executionArn: string): Promise<string[]> {
    const history = await this.client.send(new GetExecutionHistoryCommand({ executionArn }));
    return (history.events ?? []).map((event) => event.type ?? '');
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.engine.stop();
  }
}

/** A Task on lambda:invoke in JSONata that answers the payload. */
export function invokeTask(functionName: string, more: object = {}): object {
  return {
    Type: 'Task',
    Resource: INVOKE,
    Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    End: true,
    ...more,
  };
}

export function jsonata(states: object, startAt = Object.keys(states)[0], more: object = {}) {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states, ...more };
}

export function jsonPath(states: object, startAt = Object.keys(states)[0]) {
  return { StartAt: startAt, States: states };
}
