import * as z from 'zod';
import { auditedSuite } from '../../core/quality/quality-index.ts';

/** What the steps of an audit are asked: names and figures, never data. */
export const auditStep = z.discriminatedUnion('step', [
  /** Which suites are to be audited; without a day it is the last whole one. */
  z.strictObject({
    step: z.literal('plan'),
    request: z
      .strictObject({ day: z.iso.date().optional(), suites: z.array(z.string()).min(1).optional() })
      .nullish(),
  }),
  z.strictObject({ step: z.literal('audit'), suiteId: z.string(), day: z.iso.date() }),
  z.strictObject({
    step: z.literal('conclude'),
    day: z.iso.date(),
    suites: z.array(
      z.union([auditedSuite, z.strictObject({ suiteId: z.string(), problem: z.string() })]),
    ),
  }),
]);
export type AuditStep = z.infer<typeof auditStep>;

export interface AuditPlan {
  readonly day: string;
  readonly suites: readonly { readonly suiteId: string; readonly day: string }[];
}

/** What the state machine decides by, and what stands in its history. */
export interface AuditConclusion {
  readonly day: string;
  readonly verdict: string;
  /** `events: message-unique, arrives`, of suites that say stop. */
  readonly stops: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function lastWholeDay(nowMs: number): string {
  return new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
}
