import * as z from 'zod';
import { type AuditReport, verdict } from './audit-report.ts';

/**
 * `quality/latest.json`: what the last nightly audit found of each data set. Whoever builds on the data,
 * training before all, asks it whether something says `stop`.
 */
const LATEST_VERSION = 1;

/** What became of one suite: its report's verdict, or that it could not be audited at all. */
export const auditedSuite = z.strictObject({
  suiteId: z.string(),
  dataset: z.string(),
  verdict: z.union([verdict, z.literal('failed')]),
  /** Expectations that are unmet or could not be checked, by id. */
  unmet: z.array(z.string()),
  rowCount: z.int().nonnegative(),
  /** Why it failed, without personal data; empty where it didn't. */
  problem: z.string(),
});
export type AuditedSuite = z.infer<typeof auditedSuite>;

export const latestAudit = z.strictObject({
  formVersion: z.literal(LATEST_VERSION),
  /** Day of arrival that was audited. */
  day: z.iso.date(),
  writtenAt: z.iso.datetime(),
  /** The worst of the suites; an audit that failed counts like a stop. */
  verdict,
  suites: z.array(auditedSuite),
});
export type LatestAudit = z.infer<typeof latestAudit>;

export function summaryOf(report: AuditReport): AuditedSuite {
  return {
    suiteId: report.suiteId,
    dataset: report.dataset,
    verdict: report.verdict,
    unmet: report.results
      .filter(({ status }) => status === 'unmet' || status === 'failed')
      .map(({ id }) => id),
    rowCount: report.rowCount,
    problem: '',
  };
}

export function latestOf(
  day: string,
  suites: readonly AuditedSuite[],
  writtenAtMs: number,
): LatestAudit {
  const found = suites.map((one) => (one.verdict === 'failed' ? 'stop' : one.verdict));
  const worst = (['stop', 'quarantine', 'warn'] as const).find((one) => found.includes(one));
  return {
    formVersion: LATEST_VERSION,
    day,
    writtenAt: new Date(writtenAtMs).toISOString(),
    verdict: worst ?? 'passed',
    suites: [...suites],
  };
}
