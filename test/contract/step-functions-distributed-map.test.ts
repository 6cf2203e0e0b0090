import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../local/engines/step-functions/json.ts';
import { invokeTask, StepFunctionsHarness } from './step-functions-harness.ts';

let harness: StepFunctionsHarness;
beforeAll(async () => {
  harness = await StepFunctionsHarness.start();
});
afterAll(() => harness.stop());

/** A machine whose one state is a distributed Map over its input's `items`. */
function mapping(task: object, more: object = {}): object {
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        Items: '{% $states.input.items %}',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Work',
          States: { Work: task },
        },
        End: true,
        ...more,
      },
    },
  };
}

const numbers = (count: number) => ({ items: Array.from({ length: count }, (_, index) => index) });

describe('a distributed Map', () => {
  it('gives the outputs in the order of its items', async () => {
    const double = harness.lambda('double', (payload) => ({ payload: Number(payload) * 2 }));
    const output = await harness.output(mapping(invokeTask(double)), numbers(25));
    expect(output).toEqual(Array.from({ length: 25 }, (_, index) => index * 2));
  });

  it('runs each item as an execution of its own, outside of the history', async () => {
    const seen: Json[] = [];
    const look = harness.lambda('look', (payload) => {
      seen.push(payload);
      return { payload };
    });
    const context = {
      Arguments: { FunctionName: look, Payload: '{% $states.context.Execution %}' },
    };
    const machine = mapping({ ...invokeTask(look), ...context }, { Output: 'done' });
    const arn = await harness.begin(machine, numbers(3));
    expect((await harness.ended(arn)).output).toBe('"done"');
    const ids = new Set(seen.map((execution) => (execution as { Id: string }).Id));
    expect(ids.size).toBe(3);
    expect(ids).not.toContain(arn);
    const types = await harness.eventTypes(arn);
    expect(types).toEqual(
      expect.arrayContaining(['MapRunStarted', 'MapRunSucceeded', 'MapStateSucceeded']),
    );
    expect(types.filter((type) => type.startsWith('Task'))).toEqual([]);
  });

  it('selects an item’s input with what surrounds it', async () => {
    const same = harness.lambda('same', (payload) => ({ payload }));
    const ItemSelector = {
      all: '{% $count($states.input.items) %}',
      one: '{% $states.context.Map.Item.Value %}',
      at: '{% $states.context.Map.Item.Index %}',
    };
    const output = await harness.output(mapping(invokeTask(same), { ItemSelector }), {
      items: ['a', 'b'],
    });
    expect(output).toEqual([
      { all: 2, one: 'a', at: 0 },
      { all: 2, one: 'b', at: 1 },
    ]);
  });

  it('runs no more at a time than MaxConcurrency', async () => {
    let running = 0;
    let most = 0;
    const slow = harness.lambda('slow', async (payload) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return { payload };
    });
    await harness.output(mapping(invokeTask(slow), { MaxConcurrency: 3 }), numbers(20));
    expect(most).toBe(3);
  });

  it('fails with the threshold’s name when more fail than may, and not before', async () => {
    const odd = harness.lambda('odd', (payload) =>
      Number(payload) % 2 === 0
        ? { payload }
        : { payload: { errorType: 'Odd', errorMessage: '' }, functionError: 'Unhandled' },
    );
    const tolerant = mapping(invokeTask(odd), { ToleratedFailureCount: 2 });
    expect(await harness.output(tolerant, numbers(5))).toEqual([0, 2, 4]);
    expect(await harness.run(tolerant, numbers(6))).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
    });
    const half = mapping(invokeTask(odd), { ToleratedFailurePercentage: 50 });
    expect(await harness.output(half, numbers(6))).toEqual([0, 2, 4]);
    expect((await harness.run(mapping(invokeTask(odd)), numbers(2))).error).toBe(
      'States.ExceedToleratedFailureThreshold',
    );
  });

  it('can be caught as a whole, after each item’s own retries', async () => {
    let calls = 0;
    const never = harness.lambda('never', () => {
      calls += 1;
      return { payload: { errorType: 'Never', errorMessage: '' }, functionError: 'Unhandled' };
    });
    const Retry = [{ ErrorEquals: ['Never'], IntervalSeconds: 1, MaxAttempts: 1 }];
    const Catch = [
      { ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Caught' },
    ];
    const machine = mapping({ ...invokeTask(never), Retry }, { Catch });
    Object.assign((machine as { States: object }).States, { Caught: { Type: 'Succeed' } });
    expect(await harness.output(machine, numbers(1))).toBe(
      'States.ExceedToleratedFailureThreshold',
    );
    expect(calls).toBe(2);
  });

  it('of no items succeeds with none', async () => {
    const same = harness.lambda('none', (payload) => ({ payload }));
    expect(await harness.output(mapping(invokeTask(same)), { items: [] })).toEqual([]);
  });
});
