/** What the states of the Amazon States Language do, in JSONata and JSONPath; see step-functions.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  INVOKE,
  invokeTask,
  jsonata,
  jsonPath,
  StepFunctionsHarness,
} from './step-functions-harness.ts';

let sfn: StepFunctionsHarness;
beforeAll(async () => {
  sfn = await StepFunctionsHarness.start();
});
afterAll(() => sfn.stop());

const boom = { functionError: 'Unhandled', payload: { errorType: 'Boom', errorMessage: 'no' } };

describe('Retry and Catch', () => {
  it('retries as often as it says and goes on with the success', async () => {
    let calls = 0;
    const flaky = sfn.lambda('flaky', () => {
      calls += 1;
      return calls < 2 ? boom : { payload: { calls } };
    });
    const retry = [
      { ErrorEquals: ['Boom'], IntervalSeconds: 1, MaxAttempts: 2, JitterStrategy: 'FULL' },
    ];
    const definition = jsonata({ Train: invokeTask(flaky, { Retry: retry }) });
    expect(await sfn.output(definition)).toEqual({ calls: 2 });
  });

  it('fails with the function’s error when no attempt is left', async () => {
    let calls = 0;
    const broken = sfn.lambda('broken', () => {
      calls += 1;
      return boom;
    });
    const retry = [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 0 }];
    const execution = await sfn.run(jsonata({ Train: invokeTask(broken, { Retry: retry }) }));
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Boom' });
    expect(JSON.parse(execution.cause!)).toEqual(boom.payload);
    expect(calls).toBe(1);
    expect(await sfn.eventTypes(execution.executionArn!)).toContain('TaskFailed');
  });

  it('catches by name, hands over the error, and may assign from it', async () => {
    const broken = sfn.lambda('broken', () => boom);
    const definition = jsonata({
      Train: invokeTask(broken, {
        Catch: [
          { ErrorEquals: ['Other'], Next: 'Wrong' },
          {
            ErrorEquals: ['States.ALL'],
            Assign: { failed: '{% $states.errorOutput.Error %}' },
            Output: '{% {"cause": $parse($states.errorOutput.Cause).errorMessage} %}',
            Next: 'Caught',
          },
        ],
        End: undefined,
        Next: 'Wrong',
      }),
      Wrong: { Type: 'Fail' },
      Caught: { Type: 'Succeed', Output: { of: '{% $failed %}', all: '{% $states.input %}' } },
    });
    expect(await sfn.output(definition)).toEqual({ of: 'Boom', all: { cause: 'no' } });
  });

  it('names a failure of Lambda itself Lambda.…', async () => {
    const definition = jsonata({ Train: invokeTask('arn:aws:lambda:eu-west-1:1:function:none') });
    const execution = await sfn.run(definition);
    expect(execution.error).toBe('Lambda.ResourceNotFoundException');
  });
});

describe('Task', () => {
  it('times out, tells the function’s runner, and lets Catch take it', async () => {
    const aborted: unknown[] = [];
    const slow = sfn.lambda(
      'slow',
      (_, signal) =>
        new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.reason))),
    );
    const definition = jsonata({
      Train: invokeTask(slow, {
        TimeoutSeconds: 1,
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
          { ErrorEquals: ['States.Timeout'], Next: 'Caught' },
        ],
      }),
      Wrong: { Type: 'Fail' },
      Caught: { Type: 'Succeed' },
    });
    expect(await sfn.output(definition)).toMatchObject({ Error: 'States.Timeout' });
    expect(aborted).toHaveLength(1);
  });

  it('calls a function by its own ARN with the bare payload', async () => {
    const echo = sfn.lambda('echo', (payload) => ({ payload: [payload] }));
    const definition = jsonPath({ Echo: { Type: 'Task', Resource: echo, End: true } });
    const executionArn = await sfn.begin(definition, { a: 1 });
    expect((await sfn.ended(executionArn)).output).toBe('[{"a":1}]');
    expect(await sfn.eventTypes(executionArn)).toContain('LambdaFunctionSucceeded');
  });

  it('fails on a result over 256 KB, which States.ALL does not catch', async () => {
    const large = sfn.lambda('large', () => ({ payload: 'x'.repeat(262_144) }));
    const definition = jsonata({
      Train: invokeTask(large, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }),
      Caught: { Type: 'Succeed' },
    });
    expect((await sfn.run(definition)).error).toBe('States.DataLimitExceeded');
  });
});

describe('JSONata', () => {
  it('fails with States.QueryEvaluationError and says which expression', async () => {
    const definition = jsonata({
      Sum: { Type: 'Pass', Output: '{% $states.input.a + "x" %}', End: true },
    });
    const execution = await sfn.run(definition, { a: 1 });
    expect(execution.error).toBe('States.QueryEvaluationError');
    expect(execution.cause).toContain('$.States.Sum.Output');
  });

  it('treats an expression that gives nothing as an error', async () => {
    const definition = jsonata({
      Get: { Type: 'Pass', Output: '{% $states.input.b %}', End: true },
    });
    expect((await sfn.run(definition, { a: 1 })).error).toBe('States.QueryEvaluationError');
  });

  it('assigns variables that later states read; Output does not see its own state’s Assign', async () => {
    const definition = jsonata({
      One: { Type: 'Pass', Assign: { n: 1 }, Next: 'Two' },
      Two: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: '{% $n %}', Next: 'Three' },
      Three: { Type: 'Succeed', Output: { before: '{% $states.input %}', after: '{% $n %}' } },
    });
    expect(await sfn.output(definition)).toEqual({ before: 1, after: 2 });
  });

  it('sees the context object', async () => {
    const definition = jsonata({
      Who: {
        Type: 'Pass',
        Output: '{% $states.context.Execution.Input.a & $states.context.State.Name %}',
        End: true,
      },
    });
    expect(await sfn.output(definition, { a: 'x' })).toBe('xWho');
  });

  it('chooses by condition, else the default, else fails', async () => {
    const gate = (more: object) =>
      jsonata({
        Gate: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input.promoted = true %}', Next: 'Publish' }],
          ...more,
        },
        Publish: { Type: 'Succeed', Output: 'published' },
        ...('Default' in more ? { Rejected: { Type: 'Succeed', Output: 'rejected' } } : {}),
      });
    expect(await sfn.output(gate({}), { promoted: true })).toBe('published');
    expect(await sfn.output(gate({ Default: 'Rejected' }), {})).toBe('rejected');
    expect((await sfn.run(gate({}), {})).error).toBe('States.NoChoiceMatched');
  });

  it('runs branches in parallel on the same input and joins their outputs in order', async () => {
    const branch = (output: string) => ({
      StartAt: 'A',
      States: { A: { Type: 'Pass', Output: output, End: true } },
    });
    const definition = jsonata({
      Both: {
        Type: 'Parallel',
        Branches: [branch('{% $states.input.a %}'), branch('{% $states.input.a * 2 %}')],
        End: true,
      },
    });
    expect(await sfn.output(definition, { a: 21 })).toEqual([21, 42]);
  });

  it('stops the other branches where one fails, and the whole may be caught', async () => {
    const definition = jsonata({
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Sleep', States: { Sleep: { Type: 'Wait', Seconds: 3_600, End: true } } },
          { StartAt: 'No', States: { No: { Type: 'Fail', Error: 'No', Cause: 'never' } } },
        ],
        Catch: [{ ErrorEquals: ['No'], Next: 'Caught' }],
        End: true,
      },
      Caught: { Type: 'Succeed' },
    });
    expect(await sfn.output(definition)).toEqual({ Error: 'No', Cause: 'never' });
  });

  it('tells the function of a branch that nobody waits for it any more', async () => {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const slow = sfn.lambda('slow-branch', (_, signal) => {
      signal.addEventListener('abort', () => aborted.resolve());
      begun.resolve();
      return new Promise(() => undefined);
    });
    const failing = sfn.lambda('failing-branch', async () => {
      await begun.promise;
      return boom;
    });
    const definition = jsonata({
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Slow', States: { Slow: invokeTask(slow) } },
          { StartAt: 'No', States: { No: invokeTask(failing) } },
        ],
        End: true,
      },
    });
    expect(await sfn.run(definition)).toMatchObject({ status: 'FAILED', error: 'Boom' });
    await aborted.promise;
  });

  it('maps items in order under a bound on how many run at once', async () => {
    let running = 0;
    let most = 0;
    const square = sfn.lambda('square', async (payload) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { payload };
    });
    const definition = jsonata({
      Each: {
        Type: 'Map',
        Items: '{% $states.input.items %}',
        MaxConcurrency: 2,
        ItemSelector: {
          index: '{% $states.context.Map.Item.Index %}',
          square: '{% $states.context.Map.Item.Value * $states.context.Map.Item.Value %}',
          of: '{% $count($states.input.items) %}',
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Square',
          States: { Square: invokeTask(square) },
        },
        Output: '{% $states.result.square %}',
        End: true,
      },
    });
    expect(await sfn.output(definition, { items: [1, 2, 3, 4, 5] })).toEqual([1, 4, 9, 16, 25]);
    expect(most).toBe(2);
  });

  it('waits for seconds and until a time that is past', async () => {
    const definition = jsonata({
      Later: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'Past' },
      Past: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', End: true },
    });
    expect(await sfn.output(definition, { s: 0 })).toEqual({ s: 0 });
  });
});

describe('JSONPath', () => {
  it('shapes input and result by the five paths', async () => {
    const echo = sfn.lambda('echo', (payload) => ({ payload }));
    const definition = jsonPath({
      Train: {
        Type: 'Task',
        Resource: INVOKE,
        InputPath: '$.inner',
        Parameters: {
          FunctionName: echo,
          Payload: { 'n.$': '$.list[1]', 'run.$': '$$.State.Name' },
        },
        ResultSelector: { 'answer.$': '$.Payload' },
        ResultPath: '$.out.train',
        OutputPath: '$.out',
        End: true,
      },
    });
    const input = { inner: { list: [1, 2] }, out: { kept: true } };
    expect(await sfn.output(definition, input)).toEqual({
      kept: true,
      train: { answer: { n: 2, run: 'Train' } },
    });
  });

  it.each([
    [{ Variable: '$.n', NumericGreaterThan: 2 }, { n: 3 }, true],
    [{ Variable: '$.n', NumericGreaterThan: 2 }, { n: 2 }, false],
    [{ Variable: '$.s', StringMatches: 'a*c' }, { s: 'abbc' }, true],
    [{ Variable: '$.s', StringEqualsPath: '$.t' }, { s: 'a', t: 'b' }, false],
    [{ Variable: '$.x', IsPresent: false }, {}, true],
    [
      {
        And: [{ Variable: '$.a', BooleanEquals: true }, { Not: { Variable: '$.b', IsNull: true } }],
      },
      { a: true, b: 1 },
      true,
    ],
    [
      {
        Or: [
          { Variable: '$.a', IsString: true },
          { Variable: '$.a', IsNumeric: true },
        ],
      },
      { a: false },
      false,
    ],
    [
      { Variable: '$.t', TimestampLessThan: '2026-01-01T00:00:00Z' },
      { t: '2025-12-31T23:30:00-01:00' },
      false,
    ],
  ])('chooses by %j', async (rule, input, expected) => {
    const definition = jsonPath({
      Gate: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
      Yes: { Type: 'Pass', Result: true, End: true },
      No: { Type: 'Pass', Result: false, End: true },
    });
    expect(await sfn.output(definition, input)).toBe(expected);
  });

  it('maps, with a state in JSONata inside and a variable around it', async () => {
    const definition = jsonPath({
      Set: {
        Type: 'Pass',
        Result: [1, 2],
        ResultPath: '$.items',
        Assign: { 'offset.$': '$[1]' },
        Next: 'Each',
      },
      Each: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: { 'v.$': '$$.Map.Item.Value', 'o.$': '$offset' },
        ItemProcessor: {
          StartAt: 'Add',
          States: {
            Add: {
              Type: 'Pass',
              QueryLanguage: 'JSONata',
              Output: '{% $states.input.v + $offset %}',
              End: true,
            },
          },
        },
        End: true,
      },
    });
    expect(await sfn.output(definition)).toEqual([3, 4]);
  });

  it('fails on a path that leads nowhere', async () => {
    const definition = jsonPath({ Get: { Type: 'Pass', InputPath: '$.none', End: true } });
    expect((await sfn.run(definition)).error).toBe('States.ParameterPathFailure');
  });
});
