import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { runTraining } from '../../cli/train/run-training.ts';
import { StepFunctionsHarness } from '../contract/step-functions-harness.ts';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { defineTraining } from '../training/training-machine.ts';
import { fillStores, loadSteps } from '../training/training-steps.ts';

let stores: TrainingStores;
let workflow: StepFunctionsHarness;
let stateMachineArn: string;

beforeAll(async () => {
  stores = await startStores();
  workflow = await StepFunctionsHarness.start();
  stateMachineArn = defineTraining(workflow, await loadSteps());
});
afterAll(async () => {
  await workflow?.stop();
  await stores?.stop();
});
const pointer = () =>
  readPointer(readableTable({ client: stores.dynamoDb, table: 'config' }), { consistent: true });

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
      'ChooseTrainer',
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
