import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { fillStores, loadSteps, type TrainingSteps } from '../training/training-steps.ts';

let stores: TrainingStores;
let steps: TrainingSteps;

beforeAll(async () => {
  stores = await startStores();
  steps = await loadSteps();
  await fillStores(stores);
});
afterAll(() => stores?.stop());

/** As the container's command, with what ECS gives it but for the image and the credentials' address. */
const runTask = (taskRunId: string, run: object) =>
  promisify(execFile)(process.execPath, ['lambdas/recommend/train-task.ts'], {
    env: { ...process.env, TRAINING_RUN: JSON.stringify(run), TASK_RUN_ID: taskRunId },
  });

describe('training as a task', () => {
  it('leaves the candidate that the function would have made, and the workflow takes it up', async () => {
    const run = await steps.check(await steps.snapshot({}));
    await runTask('task-1', run);
    const candidate = await steps.taskCandidate({ ...run, taskRunId: 'task-1' });
    const judged = await steps.evaluate(candidate);
    expect(judged).toMatchObject({ promoted: true });
    expect((await steps.train(run)).candidateId).toBe(candidate.candidateId);
  });

  it('ends in an error that names the task when it has left nothing', async () => {
    const run = { snapshotId: 'none', taskRunId: 'task-2' };
    await expect(steps.taskCandidate(run)).rejects.toThrow(
      'the training task task-2 has left no candidate; see its log',
    );
    await expect(runTask('task-2', { snapshotId: 'none' })).rejects.toThrow('none');
    await expect(steps.taskCandidate(run)).rejects.toThrow('has left no candidate');
  });
});
