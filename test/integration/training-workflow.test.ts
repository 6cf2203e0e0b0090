import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { runTraining } from '../../cli/train/run-training.ts';
import { functionArn, StepFunctionsHarness } from '../contract/step-functions-harness.ts';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { fillStores, loadSteps } from '../training/training-steps.ts';

let stores: TrainingStores;
let workflow: StepFunctionsHarness;
let stateMachineArn: string;

beforeAll(async () => {
  stores = await startStores();
  workflow = await StepFunctionsHarness.start();
  let definition = readFileSync('statemachines/train.asl.json', 'utf8');
  for (const [name, handler] of Object.entries(await loadSteps())) {
    // As Lambda does: the answer is JSON, and a thrown error becomes a document.
    const arn = workflow.lambda(functionArn(name).split(':').at(-1) ?? name, async (payload) => {
      try {
        return { payload: JSON.parse(JSON.stringify(await handler(payload))) };
      } catch (error) {
        const { name: errorType, message: errorMessage } =
          error instanceof Error ? error : new Error(String(error));
        return { payload: { errorType, errorMessage, trace: [] }, functionError: 'Unhandled' };
      }
    });
    const placeholder = `\${${name.charAt(0).toUpperCase()}${name.slice(1)}FunctionArn}`;
    definition = definition.replace(placeholder, arn);
  }
  stateMachineArn = workflow.define(definition);
});
afterAll(async () => {
  await workflow?.stop();
  await stores?.stop();
});
const pointer = () =>
  readPointer({ client: stores.dynamoDb, table: 'config' }, { consistent: true });

async function run(holdoutDays?: number) {
  const entered: string[] = [];
  const result = await runTraining({
    client: workflow.client,
    stateMachineArn,
    ...(holdoutDays !== undefined && { holdoutDays }),
    onState: ({ name }) => entered.push(name),
  }).catch((error: unknown) => error);
  return { result, entered };
}

// One shop's life, in this order: nothing yet, a first model, a successor.
describe('the training workflow, run by Step Functions', () => {
  it('fails on an empty lake with every reason, and publishes nothing', async () => {
    const { result, entered } = await run();
    expect(entered).toEqual([
      'ExportProfiles',
      'ProfilesExported',
      'Snapshot',
      'Check',
      'SnapshotRejected',
    ]);
    expect(result).toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('SnapshotRejected: snapshot'),
      remedy: expect.stringContaining('import more events'),
    });
    expect(await pointer()).toBeUndefined();
  });

  it('publishes a model that beats popularity', async () => {
    await fillStores(stores);
    const { result, entered } = await run();
    expect(entered).toEqual([
      'ExportProfiles',
      'ProfilesExported',
      'Snapshot',
      'Check',
      'Train',
      'Evaluate',
      'Gate',
      'Publish',
      'Retain',
      'Published',
    ]);
    expect(result).toMatchObject({ promoted: true });
    const { current } = (await pointer()) ?? {};
    expect(result).toMatchObject({ modelId: current });
  });

  it('ends without publishing when the gate rejects', async () => {
    const before = await pointer();
    // An hour's purchases are too few customers to judge a successor by.
    const { result, entered } = await run(1 / 24);
    expect(entered.slice(-2)).toEqual(['Gate', 'Rejected']);
    expect(result).toMatchObject({
      promoted: false,
      reasons: [expect.stringContaining('not enough evidence')],
    });
    expect(await pointer()).toEqual(before);
  });
});
