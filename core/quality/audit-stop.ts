import type { LatestAudit } from './quality-index.ts';

const DAY_MS = 86_400_000;

/**
 * Why nothing may be trained on the data now: the last nightly audit says stop, or could not be made. An audit
 * of long ago says nothing about today.
 */
export function auditStop(
  latest: LatestAudit | undefined,
  ageDaysMax: number,
  nowMs: number,
): string | undefined {
  if (latest === undefined || latest.verdict !== 'stop') return undefined;
  if (nowMs - Date.parse(latest.writtenAt) > ageDaysMax * DAY_MS) return undefined;
  const suites = latest.suites
    .filter(({ verdict }) => verdict === 'stop' || verdict === 'failed')
    .map(({ suiteId, unmet, problem }) => `${suiteId} (${problem || unmet.join(', ')})`);
  return `the audit of ${latest.day} says stop: ${suites.join('; ')}`;
}
