import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditDatabase, type LoadedTable } from '../../adapters/duckdb/audit-database.ts';
import { runAudit } from '../../adapters/duckdb/run-audit.ts';
import { type QualityStore, readMeasures, writeReport } from '../../adapters/s3/quality-store.ts';
import { withoutAnyData } from '../../core/quality/audit-report.ts';
import { hasMeasuredRows } from '../../core/quality/day-measures.ts';
import type { Expectation } from '../../core/quality/expectation.ts';
import { type AuditedSuite, summaryOf } from '../../core/quality/quality-index.ts';
import { reportPage } from '../../core/quality/report/report-page.ts';
import { dayBefore } from '../../core/quality/robust-statistics.ts';
import type { Suite } from '../../core/quality/suite.ts';
import type { AuditBounds, DatasetLoader } from './audit-data.ts';

export interface AuditPorts {
  readonly quality: QualityStore;
  readonly loadDataset: DatasetLoader;
  readonly bounds: AuditBounds;
  readonly nowMs: () => number;
}

/** Days whose measures a report shows, if no expectation needs more. */
const TREND_DAYS = 60;
const WEEK_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Audits one data set of a day and keeps the report. Repeated, it writes the same objects again.
 * @throws when the data can't be had.
 */
export async function auditSuite(
  suite: Suite,
  day: string,
  ports: AuditPorts,
): Promise<AuditedSuite> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-audit-'));
  const { memoryMb, threads, diskMb } = ports.bounds;
  const database = await AuditDatabase.open({ memoryMb, threads, folder, folderMb: diskMb });
  try {
    const place = { database, folder, day };
    const { data, table, hasCome } = await ports.loadDataset(suite.dataset, suite, place);
    const references = new Map<string, LoadedTable>();
    for (const [name, { columns }] of Object.entries(suite.references ?? {})) {
      references.set(name, (await ports.loadDataset(name, { columns }, place)).table);
    }
    await database.confine([folder]);
    const earlier = await readMeasures(ports.quality, suite.suiteId, daysBefore(suite, day));
    const { report: made, measures } = await runAudit({
      suite,
      database,
      table,
      references,
      data,
      day,
      earlier,
      nowMs: ports.nowMs,
      freshAtMs: freshAtMs(suite, day, ports.nowMs()),
    });
    const report = hasCome || earlier.some(hasMeasuredRows) ? made : withoutAnyData(made);
    await writeReport(ports.quality, day, { report, page: reportPage(report), measures });
    return summaryOf(report);
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A day is as fresh as it was at its end, whenever it is audited; what there is now is as fresh as now. */
function freshAtMs({ isState }: Suite, day: string, nowMs: number): number {
  return isState === true ? nowMs : Math.min(nowMs, Date.parse(day) + DAY_MS);
}

function daysBefore({ expectations }: Suite, day: string): string[] {
  const count = Math.max(TREND_DAYS, ...expectations.map(daysNeeded));
  return Array.from({ length: count }, (_, index) => dayBefore(day, index + 1));
}

function daysNeeded(one: Expectation): number {
  if (one.kind === 'anomaly') return one.trailingWeeks * WEEK_DAYS;
  return one.kind === 'drift' ? one.trailingDays + one.currentDays : 0;
}
