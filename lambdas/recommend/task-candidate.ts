import * as z from 'zod';
import { readModelFile, writeModel } from '../../adapters/s3/model-store.ts';
import { candidatesOf } from './recommend-environment.ts';
import { ArtefactDamaged } from './training-errors.ts';
import { type CandidateRun, candidateRun, snapshotRun } from './training-run.ts';

/** A task's answer, beside its candidates: a container has no other way to give one. */
const ANSWER_FILE = 'answer.json';

const taskRun = snapshotRun.extend({ taskRunId: z.string().min(1) });

/** What a training task has come to; see train-task.ts. */
export async function handler(input: unknown): Promise<CandidateRun> {
  const { taskRunId, snapshotId } = taskRun.parse(input);
  const bytes = await readModelFile(candidatesOf(snapshotId), folderOf(taskRunId), ANSWER_FILE);
  if (bytes === undefined) {
    throw new ArtefactDamaged(`the training task ${taskRunId} has left no candidate; see its log`);
  }
  return candidateRun.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

export async function noteTaskCandidate(taskRunId: string, run: CandidateRun): Promise<void> {
  const files = new Map([[ANSWER_FILE, Buffer.from(`${JSON.stringify(run)}\n`)]]);
  await writeModel(candidatesOf(run.snapshotId), folderOf(taskRunId), files);
}

function folderOf(taskRunId: string): string {
  return `task-${taskRunId}`;
}
