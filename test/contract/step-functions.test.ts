/**
 * The contract of Step Functions as Kindred uses it, driven by its SDK client: machines are defined
 * directly (CloudFormation's part), everything else goes over the wire. STEP_FUNCTIONS_ENDPOINT
 * points the client at another emulator; the machines must then be defined there under the same ARNs.
 */
import {
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, invokeTask, jsonata, StepFunctionsHarness } from './step-functions-harness.ts';

let sfn: StepFunctionsHarness;
beforeAll(async () => {
  sfn = await StepFunctionsHarness.start();
});
afterAll(() => sfn.stop());

const nothing = jsonata({ Nothing: { Type: 'Succeed' } });
const waiting = jsonata({ Sleep: { Type: 'Wait', Seconds: 3_600, End: true } });

describe('an execution', () => {
  it('is started, described and listed', async () => {
    const stateMachineArn = sfn.define(nothing);
    const { executionArn, startDate } = await sfn.client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'first', input: '{"a":1}' }),
    );
    expect(executionArn).toBe(`${stateMachineArn.replace('stateMachine', 'execution')}:first`);
    expect(startDate).toBeInstanceOf(Date);
    const ended = await sfn.ended(executionArn!);
    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      name: 'first',
      input: '{"a":1}',
      output: '{"a":1}',
    });
    expect(ended.stopDate).toBeInstanceOf(Date);
    const listed = await sfn.client.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'SUCCEEDED' }),
    );
    expect(listed.executions).toMatchObject([{ executionArn, status: 'SUCCEEDED' }]);
    const none = await sfn.client.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }),
    );
    expect(none.executions).toEqual([]);
  });

  it('is the same one when started again under its name with the same input while it runs', async () => {
    const stateMachineArn = sfn.define(waiting);
    const start = (input: string) =>
      sfn.client.send(new StartExecutionCommand({ stateMachineArn, name: 'nightly', input }));
    const first = await start('{}');
    expect((await start('{}')).executionArn).toBe(first.executionArn);
    await expect(start('{"other":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await sfn.client.send(new StopExecutionCommand({ executionArn: first.executionArn }));
    await expect(start('{}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it('is aborted by StopExecution, with the error and cause given', async () => {
    const executionArn = await sfn.begin(waiting);
    const stopped = await sfn.client.send(
      new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'wrong day' }),
    );
    expect(stopped.stopDate).toBeInstanceOf(Date);
    expect(await sfn.ended(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'wrong day',
    });
    expect(await sfn.eventTypes(executionArn)).toEqual([
      'ExecutionStarted',
      'WaitStateEntered',
      'ExecutionAborted',
    ]);
  });

  it('times out as a whole, which no state can catch', async () => {
    const definition = jsonata(
      {
        Both: {
          Type: 'Parallel',
          Branches: [{ StartAt: 'Sleep', States: waiting.States }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Succeed' },
      },
      'Both',
      { TimeoutSeconds: 1 },
    );
    expect(await sfn.run(definition)).toMatchObject({
      status: 'TIMED_OUT',
      error: 'States.Timeout',
    });
  });

  it('leaves a history whose events name what happened, in both directions and by pages', async () => {
    const train = sfn.lambda('history', () => ({ payload: { ok: true } }));
    const executionArn = await sfn.begin(jsonata({ Train: invokeTask(train) }), { a: 1 });
    await sfn.ended(executionArn);
    const types = [
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ];
    expect(await sfn.eventTypes(executionArn)).toEqual(types);
    const first = await sfn.client.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 4 }),
    );
    const second = await sfn.client.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: 4,
        nextToken: first.nextToken,
      }),
    );
    const paged = [...first.events!, ...second.events!];
    expect(paged.map(({ type }) => type)).toEqual(types.toReversed());
    expect(second.nextToken).toBeUndefined();
    expect(paged.at(-2)).toMatchObject({
      id: 2,
      previousEventId: 1,
      timestamp: expect.any(Date),
      stateEnteredEventDetails: { name: 'Train', input: '{"a":1}' },
    });
  });

  it('keeps data out of the history for a reader who asks for none', async () => {
    const executionArn = await sfn.begin(nothing, { secret: 'x' });
    await sfn.ended(executionArn);
    const history = await sfn.client.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
    );
    expect(JSON.stringify(history.events)).not.toContain('secret');
  });

  it('is measured: started, its ending, and its time in milliseconds', async () => {
    const executionArn = await sfn.begin(jsonata({ No: { Type: 'Fail', Error: 'No' } }));
    await sfn.ended(executionArn);
    const machine = executionArn.replace('execution', 'stateMachine').replace(/:[^:]*$/, '');
    const names = sfn.metrics.filter((m) => m.stateMachineArn === machine).map((m) => m.metricName);
    expect(names).toEqual(['ExecutionsStarted', 'ExecutionTime', 'ExecutionsFailed']);
  });
});

describe('the API', () => {
  it('describes and lists state machines', async () => {
    const stateMachineArn = sfn.define(nothing);
    const machine = await sfn.client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(machine).toMatchObject({ status: 'ACTIVE', type: 'STANDARD' });
    expect(JSON.parse(machine.definition!)).toEqual(nothing);
    const listed = await sfn.client.send(new ListStateMachinesCommand({ maxResults: 1_000 }));
    expect(listed.stateMachines!.map((m) => m.stateMachineArn)).toContain(stateMachineArn);
  });

  it.each([
    ['an unknown machine', 'StateMachineDoesNotExist', 'none', '{}'],
    ['an input that is no JSON', 'InvalidExecutionInput', '', '{'],
    ['an input over 256 KB', 'InvalidExecutionInput', '', JSON.stringify('x'.repeat(262_144))],
  ])('refuses %s', async (_, error, machine, input) => {
    const stateMachineArn = machine
      ? `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:${machine}`
      : sfn.define(nothing);
    const start = sfn.client.send(new StartExecutionCommand({ stateMachineArn, input }));
    await expect(start).rejects.toMatchObject({ name: error });
  });

  it('refuses an unknown execution and a parameter that it does not implement', async () => {
    const unknown = `arn:aws:states:eu-west-1:${ACCOUNT}:execution:none:x`;
    await expect(sfn.ended(unknown)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    const traced = new StartExecutionCommand({
      stateMachineArn: sfn.define(nothing),
      traceHeader: 'Root=1',
    });
    await expect(sfn.client.send(traced)).rejects.toThrow(/traceHeader/);
  });

  it('refuses a synchronous start, which only express machines have', async () => {
    const start = new StartSyncExecutionCommand({ stateMachineArn: sfn.define(nothing) });
    await expect(sfn.client.send(start)).rejects.toMatchObject({
      name: 'StateMachineTypeNotSupported',
    });
  });

  it.each([
    [{ kind: 'throttle' } as const, 'ThrottlingException'],
    [{ kind: 'error' } as const, 'InternalServerError'],
    [{ kind: 'refuse' } as const, /socket|ECONNRESET/],
  ])('fails as told, once, with %j', async (action, error) => {
    const stateMachineArn = sfn.define(nothing);
    const list = () => sfn.client.send(new ListExecutionsCommand({ stateMachineArn }));
    sfn.faults.inject({ service: 'sfn', operation: 'ListExecutions', action, times: 1 });
    const failure = await list().catch((thrown: Error) => `${thrown.name} ${thrown.message}`);
    expect(failure).toMatch(error);
    expect((await list()).executions).toEqual([]);
  });

  it('tells of every event, from the very first', async () => {
    const executionArn = await sfn.begin(nothing);
    expect(sfn.startedExecutions).toContain(executionArn);
    await sfn.ended(executionArn);
  });
});
