/** What the steps of a training run hand on: ids and figures, never data. */
import * as z from 'zod';
import { modelImport } from '../../core/training/imported-model.ts';
import { comparison, rankingAccuracy } from '../../core/training/report.ts';

export const runRequest = z.object({
  /** Length of the test period and of the validation period before it; see core/training/split.ts. */
  holdoutDays: z.number().positive().optional(),
  /** A model that was trained elsewhere, to be judged instead of one of ours. */
  importedModel: modelImport.optional(),
});

/** From ExportProfiles on: an export of the profiles, and where its manifest is once it is done. */
export const exportingRun = runRequest.extend({
  profiles: z
    .discriminatedUnion('status', [
      z.strictObject({ status: z.literal('running'), exportArn: z.string() }),
      z.strictObject({
        status: z.literal('done'),
        exportArn: z.string(),
        manifestKey: z.string().min(1),
      }),
    ])
    .optional(),
});
export type ExportingRun = z.infer<typeof exportingRun>;

/** From Snapshot and Check on. */
export const snapshotRun = runRequest.extend({
  snapshotId: z.string().min(1),
  /** From Check on: by it the state machine chooses where to train. */
  interactionCount: z.int().nonnegative().optional(),
});
export type SnapshotRun = z.infer<typeof snapshotRun>;

/** From Train on. */
export const candidateRun = snapshotRun.extend({ candidateId: z.string().min(1) });
export type CandidateRun = z.infer<typeof candidateRun>;

/** From Evaluate on; also the output of a rejected run. */
export const judgedRun = candidateRun.extend({
  promoted: z.boolean(),
  /** Why rejected, or on what terms promoted. */
  reasons: z.array(z.string()),
  /** The pointer's version that the candidate was compared at; 0 where there was none. */
  pointerVersion: z.int().nonnegative(),
  candidate: rankingAccuracy,
  popularity: rankingAccuracy,
  versusPopularity: comparison,
});
export type JudgedRun = z.infer<typeof judgedRun>;

/** The output of a run that published. */
export const publishedRun = judgedRun.extend({
  modelId: z.string().min(1),
  publishedAt: z.iso.datetime(),
});
export type PublishedRun = z.infer<typeof publishedRun>;
