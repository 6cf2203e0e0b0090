import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readableTable } from '../../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../../adapters/dynamodb/model-pointer.ts';
import { runTraining } from '../../../cli/train/run-training.ts';
import { StepFunctionsHarness } from '../../contract/step-functions-harness.ts';
import { startStores, type TrainingStores } from '../../training/stores.ts';
import { defineTraining } from '../../training/training-machine.ts';
import { fillStores, loadSteps, type TrainingSteps } from '../../training/training-steps.ts';

/** Some ten kilobytes, as if the rest of the disk were full. */
const DISK_MB = '0.01';

let stores: TrainingStores;
let tight: TrainingSteps;
beforeAll(async () => {
  stores = await startStores();
  process.env.SNAPSHOT_DISK_MB = DISK_MB;
  tight = await loadSteps();
});
afterAll(() => stores?.stop());
beforeEach(() => stores.objects.clear());

const pointer = () =>
  readPointer(readableTable({ client: stores.dynamoDb, table: 'config' }), { consistent: true });

describe('a disk that fills', () => {
  it('ends the workflow in SnapshotFailed, as DiskFull with its remedy', async () => {
    await fillStores(stores);
    const workflow = await StepFunctionsHarness.start();
    const entered: string[] = [];
    const run = runTraining({
      client: workflow.client,
      stateMachineArn: defineTraining(workflow, tight),
      onState: ({ name }) => entered.push(name),
    });
    await expect(run).rejects.toMatchObject({
      message: expect.stringContaining('DiskFull'),
      remedy: expect.stringContaining('keep fewer days in the lake'),
    });
    expect(entered.at(-1)).toBe('SnapshotFailed');
    expect([...stores.objects.keys()].filter((key) => key.includes('/snapshots/'))).toEqual([]);
    await workflow.stop();
  });
});

describe('a model that was written only in part by a step that died', () => {
  it('is not published: what is stored is read again before the pointer names it', async () => {
    await fillStores(stores);
    process.env.SNAPSHOT_DISK_MB = '1024';
    vi.resetModules();
    const steps = await loadSteps();
    const run = await steps.evaluate(
      await steps.train(await steps.check(await steps.snapshot({}))),
    );
    expect(run.promoted).toBe(true);
    const key = `models/models/${run.candidateId}/model.bin`;
    stores.objects.set(key, Buffer.from('of another attempt'));
    await expect(steps.publish(run)).rejects.toMatchObject({ name: 'ArtefactDamaged' });
    expect(await pointer()).toBeUndefined();
    stores.objects.delete(key);
    await steps.publish(run);
    expect(await pointer()).toMatchObject({ current: run.candidateId });
  });
});
