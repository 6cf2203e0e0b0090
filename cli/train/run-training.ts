import { setTimeout as sleep } from 'node:timers/promises';
import type { SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import {
  type EnteredState,
  enteredStates,
  executionStatus,
  startExecution,
} from '../../adapters/stepfunctions/executions.ts';
import type { ModelImport } from '../../core/training/imported-model.ts';
import { comparison, rankingAccuracy } from '../../core/training/report.ts';
import { UserError } from '../user-error.ts';
import { failureOf } from './failure.ts';

export interface TrainingOptions {
  readonly client: SFNClient;
  readonly stateMachineArn: string;
  /** Length of the held-out period; the workflow chooses where it is left out. */
  readonly holdoutDays?: number;
  /** A model that was trained elsewhere, to be judged instead of one of ours. */
  readonly importedModel?: ModelImport;
  /** Called for every state when it is entered. */
  readonly onState?: (state: EnteredState) => void;
  /** Stops waiting; the execution goes on. */
  readonly signal?: AbortSignal;
}

/** What a run has come to; figures are of the held-out period. */
export const trainingResult = z.object({
  promoted: z.boolean(),
  /** The published model; absent where the gate rejected the candidate. */
  modelId: z.string().optional(),
  candidateId: z.string(),
  snapshotId: z.string(),
  reasons: z.array(z.string()),
  candidate: rankingAccuracy,
  popularity: rankingAccuracy,
  versusPopularity: comparison,
});
export type TrainingResult = z.infer<typeof trainingResult>;

/** Between two looks at a running execution. */
const POLL_MS = 500;
/** The state machine's own time-out, and a little. */
const WAIT_MS_MAX = 7_500_000;

/**
 * Starts the training workflow and follows it to its end.
 * @throws UserError when it fails, cannot be reached, or does not end
 */
export async function runTraining(options: TrainingOptions): Promise<TrainingResult> {
  const { client, stateMachineArn, holdoutDays, importedModel, signal } = options;
  const executionArn = await startExecution(client, stateMachineArn, {
    ...(holdoutDays !== undefined && { holdoutDays }),
    ...(importedModel !== undefined && { importedModel }),
  });
  let reported = 0;
  for (const deadline = performance.now() + WAIT_MS_MAX; performance.now() < deadline; ) {
    const status = await executionStatus(client, executionArn);
    const states = await enteredStates(client, executionArn);
    for (const state of states.slice(reported)) options.onState?.(state);
    reported = Math.max(reported, states.length);
    if (status.kind === 'failed') throw failureOf(status.error, status.cause);
    if (status.kind === 'succeeded') return trainingResult.parse(JSON.parse(status.output));
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
  throw new UserError(
    `The training has not ended after ${WAIT_MS_MAX / 60_000} minutes.`,
    `Look at ${executionArn} in Step Functions.`,
  );
}
