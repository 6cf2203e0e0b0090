/** A container can't be started here: the state may stand in a definition, and says so where it is entered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonata, StepFunctionsHarness } from './step-functions-harness.ts';

let sfn: StepFunctionsHarness;
beforeAll(async () => {
  sfn = await StepFunctionsHarness.start();
});
afterAll(() => sfn.stop());

const definition = {
  ...jsonata({
    Choose: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.isLarge %}', Next: 'Container' }],
      Default: 'Small',
    },
    Container: {
      Type: 'Task',
      Resource: 'arn:aws:states:::ecs:runTask.sync',
      Arguments: { Cluster: 'none', TaskDefinition: 'none', LaunchType: 'FARGATE' },
      End: true,
    },
    Small: { Type: 'Succeed' },
  }),
  StartAt: 'Choose',
};

describe('a state that starts a container', () => {
  it('disturbs nobody who goes past it', async () => {
    const arn = await sfn.begin(definition, { isLarge: false });
    expect((await sfn.ended(arn)).status).toBe('SUCCEEDED');
  });

  it('fails where it is entered, and says what is missing', async () => {
    const arn = await sfn.begin(definition, { isLarge: true });
    const ended = await sfn.ended(arn);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(ended.cause).toMatch(/Container starts a container .* isn't implemented locally/u);
  });
});
