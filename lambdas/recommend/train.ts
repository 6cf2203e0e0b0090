import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { writeModel } from '../../adapters/s3/model-store.ts';
import { fitBeforeTest, TRAINING_SEED } from '../../core/training/candidate.ts';
import { fitServedModel } from '../../core/training/fit.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { tune } from '../../core/training/tune.ts';
import { threads } from './kernel-threads.ts';
import { candidatesOf } from './recommend-environment.ts';
import { type CandidateRun, snapshotRun } from './training-run.ts';
import { openSnapshot } from './training-snapshot.ts';
import { encodeTuning, TUNING_FILE } from './tuning-file.ts';

const logger = new Logger();

/** Of a step's fifteen minutes; what is left fits the candidate and writes it. The trials made are recorded. */
const TUNING_MS_MAX = 8 * 60_000;

/** Tunes on the validation period and writes a candidate that has not seen the test period. */
export async function handler(input: unknown): Promise<CandidateRun> {
  const run = snapshotRun.parse(input);
  const { data, split } = await openSnapshot(run);
  const tuneUntilMs = performance.now() + TUNING_MS_MAX;
  const isOutOfTime = () => performance.now() > tuneUntilMs;
  const tuning = await tune(threads, data, split, TRAINING_SEED, isOutOfTime);
  const candidateId = candidateIdOf(run.snapshotId, data.facts.createdAt, tuning.parameters);
  const candidate = await fitServedModel(
    threads,
    candidateId,
    fitBeforeTest(data, split),
    tuning.parameters,
  );
  const files = encodeModel(candidate, new Map([[TUNING_FILE, encodeTuning(tuning)]]));
  await writeModel(candidatesOf(run.snapshotId), candidateId, files);
  logger.info('candidate written', {
    candidateId,
    parameters: tuning.parameters,
    trials: tuning.trials.length,
    customers: tuning.customers,
  });
  return { ...run, candidateId };
}

/** `<ISO time>-<4 hex digits>`; the same for a retry of this step, which finds the same parameters. */
function candidateIdOf(snapshotId: string, createdAt: string, parameters: object): string {
  const digest = createHash('sha256').update(snapshotId).update(JSON.stringify(parameters));
  return `${createdAt.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z-${digest.digest('hex').slice(0, 4)}`;
}
