/** Which definitions are refused, and by which JSON path; see step-functions.test.ts. */
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

/** A substitution as it stands in a template: a dollar, then the name in braces. */
const unresolved = ['$', '{Name}'].join('');
const addOne = { Type: 'Pass', Output: '{% $states.input + 1 %}', End: true };

describe('a definition', () => {
  const task = invokeTask('arn');
  const map = { Type: 'Map', ItemProcessor: { StartAt: 'A', States: { A: addOne } }, End: true };
  it.each<[string, object, string]>([
    ['an unknown field', jsonata({ A: { ...addOne, Speed: 1 } }), '$.States.A.Speed'],
    [
      'a field of the other language',
      jsonata({ A: { ...addOne, InputPath: '$' } }),
      '$.States.A.InputPath',
    ],
    ['an unknown state type', jsonata({ A: { Type: 'Loop' } }), '$.States.A.Type'],
    [
      'another resource',
      jsonata({ A: { ...task, Resource: 'arn:aws:states:::sqs:sendMessage' } }),
      '$.States.A.Resource',
    ],
    [
      'a callback',
      jsonata({ A: { ...task, Resource: `${INVOKE}.waitForTaskToken` } }),
      '$.States.A.Resource',
    ],
    [
      'an argument of lambda:invoke',
      jsonata({ A: { ...task, Arguments: { FunctionName: 'f', Qualifier: '1' } } }),
      '$.States.A.Arguments.Qualifier',
    ],
    [
      'a heartbeat',
      jsonata({ A: { ...task, HeartbeatSeconds: 5 } }),
      '$.States.A.HeartbeatSeconds',
    ],
    [
      'a typo in a retrier',
      jsonata({ A: { ...task, Retry: [{ ErrorEquals: ['X'], MaxAttempt: 1 }] } }),
      '$.States.A.Retry[0].MaxAttempt',
    ],
    [
      'an unknown States. error',
      jsonata({ A: { ...task, Retry: [{ ErrorEquals: ['States.All'] }] } }),
      '$.States.A.Retry[0].ErrorEquals',
    ],
    [
      'a Distributed Map without a type of executions',
      jsonata({
        A: {
          ...map,
          ItemProcessor: { ...map.ItemProcessor, ProcessorConfig: { Mode: 'DISTRIBUTED' } },
        },
      }),
      '$.States.A.ItemProcessor.ProcessorConfig.ExecutionType',
    ],
    [
      'failures that an inline Map tolerates',
      jsonata({ A: { ...map, ToleratedFailureCount: 1 } }),
      '$.States.A.ToleratedFailureCount',
    ],
    [
      'an item reader of no known kind',
      jsonata({ A: { ...map, ItemReader: {} } }),
      '$.States.A.ItemReader.Resource',
    ],
    [
      'an item reader of an inline Map',
      jsonata({
        A: {
          ...map,
          ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2', Arguments: {} },
        },
      }),
      '$.States.A.ItemReader',
    ],
    [
      'a field deep in a branch',
      jsonata({
        A: { ...map, ItemProcessor: { StartAt: 'A', States: { A: { ...addOne, X: 1 } } } },
      }),
      '$.States.A.ItemProcessor.States.A.X',
    ],
    ['a target that is not there', jsonata({ A: { Type: 'Pass', Next: 'B' } }), '$.States.A'],
    ['a state that is never reached', jsonata({ A: addOne, B: addOne }, 'A'), '$.States.B'],
    ['neither Next nor End', jsonata({ A: { Type: 'Pass' } }), '$.States.A'],
    [
      'JSONata that does not parse',
      jsonata({ A: { ...addOne, Output: '{% 1 + %}' } }),
      '$.States.A.Output',
    ],
    [
      'a result where there is none',
      jsonata({ A: { ...addOne, Output: '{% $states.result %}' } }),
      '$.States.A.Output',
    ],
    ['a half expression', jsonata({ A: { ...addOne, Output: '{% 1 }' } }), '$.States.A.Output'],
    [
      'an intrinsic function',
      jsonPath({ A: { Type: 'Pass', Parameters: { 'x.$': 'States.UUID()' }, End: true } }),
      "$.States.A.Parameters['x.$']",
    ],
    [
      'a path with a wildcard',
      jsonPath({ A: { Type: 'Pass', InputPath: '$.a[*]', End: true } }),
      '$.States.A.InputPath',
    ],
    [
      'an unknown operator',
      jsonPath({ A: { Type: 'Choice', Choices: [{ Variable: '$.a', Equals: 1, Next: 'A' }] } }),
      '$.States.A.Choices[0].Equals',
    ],
    [
      'a substitution without a value',
      jsonata({ A: { ...addOne, Output: unresolved } }),
      '$.States.A.Output',
    ],
    [
      'a branch that shadows a variable',
      jsonata({
        S: { Type: 'Pass', Assign: { n: 1 }, Next: 'M' },
        M: {
          ...map,
          ItemProcessor: { StartAt: 'A', States: { A: { ...addOne, Assign: { n: 2 } } } },
        },
      }),
      '$.States.M.ItemProcessor.States.A',
    ],
  ])('is refused for %s, by its JSON path', (_, definition, path) => {
    let message = '';
    try {
      sfn.define(definition);
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message).toContain(`${path}: `);
  });

  it('takes substitutions as CloudFormation does', async () => {
    const arn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:substituted';
    const definition = JSON.stringify(jsonata({ A: { ...addOne, Output: unresolved } }));
    const machine = { name: 'substituted', arn, definition, roleArn: 'role' };
    sfn.engine.define({ ...machine, substitutions: { Name: 'with "quotes"' } });
    const execution = await sfn.ended(sfn.engine.startExecution(arn, '{}'));
    expect(execution.output).toBe('"with \\"quotes\\""');
  });
});
