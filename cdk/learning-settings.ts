import * as z from 'zod';
import { scheduleExpression } from './schedule-expression.ts';

/** When and how an environment trains. */
export const trainSettings = z.strictObject({
  schedule: scheduleExpression,
  scheduleEnabled: z.boolean(),
  /** Optional: days held out for the gate, where the workflow's own default doesn't fit. */
  holdoutDays: z.int().min(1).max(90).optional(),
  /** So many models stay beside the current and the previous one; what is older than the days goes. */
  modelsKeptMax: z.int().min(0).max(1000),
  modelsKeptDaysMin: z.int().min(1),
  /** Snapshots, and the candidates made of them, go after so many days. */
  snapshotRetentionDays: z.int().min(2).max(400),
  /** Optional: a Fargate task that trains what a function doesn't hold; see docs/how-to/train-large-snapshots.md. */
  task: z
    .strictObject({
      /** Snapshots with more interactions than this go to the task. */
      interactionsMin: z.int().positive(),
      /** Fargate has these for ARM; each allows memory of its own range. */
      processors: z.literal([2, 4, 8, 16]),
      memoryGb: z.int().min(4).max(120),
    })
    .optional(),
});

/** When recommendation lists are exported to files. */
export const exportSettings = z.strictObject({
  schedule: scheduleExpression,
  scheduleEnabled: z.boolean(),
  /** Whose ladder and rules choose. */
  placement: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
    error: 'must be the id of a placement',
  }),
});
