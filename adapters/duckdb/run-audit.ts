import {
  AUDIT_REPORT_VERSION,
  type AuditReport,
  type ExpectationResult,
  verdictOf,
} from '../../core/quality/audit-report.ts';
import {
  type DailyRow,
  type DayMeasures,
  makeDayMeasures,
  Timeline,
} from '../../core/quality/day-measures.ts';
import type { Expectation } from '../../core/quality/expectation.ts';
import {
  failedCheck,
  judgeCounts,
  judgeFreshness,
  judgeVolume,
  unreadableResult,
} from '../../core/quality/judge-check.ts';
import { judgeAnomaly, judgeDrift, seriesOf } from '../../core/quality/judge-days.ts';
import { maskSample } from '../../core/quality/mask-sample.ts';
import {
  type CompiledCheck,
  compileCheck,
  type ReferencedTables,
} from '../../core/quality/sql/compile-check.ts';
import { isNumeric } from '../../core/quality/sql/compile-daily.ts';
import { identifier } from '../../core/quality/sql/sql-text.ts';
import type { Suite } from '../../core/quality/suite.ts';
import type { AuditDatabase, LoadedTable } from './audit-database.ts';

export interface AuditRun {
  readonly suite: Suite;
  readonly database: AuditDatabase;
  readonly table: LoadedTable;
  readonly references: ReferencedTables;
  /** What was read, for people. */
  readonly data: string;
  /** The day in question; the last one in the data where absent. */
  readonly day?: string;
  /** What earlier audits measured. */
  readonly earlier: readonly DayMeasures[];
  readonly nowMs: () => number;
  /** When the newest row's age is taken; now where absent. */
  readonly freshAtMs?: number;
  readonly onCheck?: (id: string, index: number) => void;
}

export interface AuditOutcome {
  readonly report: AuditReport;
  /** For the audits after this one; absent where rows have no day. */
  readonly measures: DayMeasures | undefined;
}

/** Makes every check of a suite and judges what it finds. */
export async function runAudit(run: AuditRun): Promise<AuditOutcome> {
  const startedMs = run.nowMs();
  const { suite, table } = run;
  const day = run.day ?? (await lastDay(run));
  const results: ExpectationResult[] = [];
  const measures: Record<string, Record<string, number>> = {};
  for (const [index, one] of suite.expectations.entries()) {
    run.onCheck?.(one.id, index);
    const { result, ofDay } = await check(one, run, day, startedMs);
    results.push(result);
    if (ofDay !== undefined) measures[one.id] = ofDay;
  }
  const unreadable = unreadableResult(table.rowCount, table.unreadableCount);
  const all = unreadable === undefined ? results : [unreadable, ...results];
  const report: AuditReport = {
    reportVersion: AUDIT_REPORT_VERSION,
    suiteId: suite.suiteId,
    suiteVersion: suite.version,
    title: suite.title,
    description: suite.description ?? '',
    dataset: suite.dataset,
    data: run.data,
    ...(day === undefined ? {} : { day }),
    startedAt: new Date(startedMs).toISOString(),
    finishedAt: new Date(run.nowMs()).toISOString(),
    rowCount: table.rowCount,
    unreadableCount: table.unreadableCount,
    verdict: verdictOf(all),
    results: all,
  };
  return {
    report,
    measures: day === undefined ? undefined : makeDayMeasures(suite.suiteId, day, measures),
  };
}

async function lastDay({ suite, database, table }: AuditRun): Promise<string | undefined> {
  if (suite.time === undefined) return undefined;
  const [row] = await database.rows(
    `SELECT max(CAST(${identifier(suite.time)} AS DATE)) AS day FROM ${identifier(table.name)}`,
  );
  return typeof row?.day === 'string' ? row.day : undefined;
}

/** Of the database's words only those about the query itself: others quote the data. */
function reasonOf(error: unknown): string {
  const [text = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const [kind] = /^[A-Z][\w -]* Error(?=:)/.exec(text) ?? [];
  if (kind === undefined || /^(Binder|Catalog|Parser) Error$/.test(kind)) return text;
  return `${kind}; run the query on the data to see where`;
}

interface Checked {
  readonly result: ExpectationResult;
  /** What the day measured, by label or bin. */
  readonly ofDay?: Record<string, number>;
}

async function check(
  one: Expectation,
  run: AuditRun,
  day: string | undefined,
  startedMs: number,
): Promise<Checked> {
  let compiled: CompiledCheck | undefined;
  try {
    compiled = compileCheck(one, run.table, run.references);
    return await answered(one, compiled, run, day, startedMs);
  } catch (error) {
    return { result: failedCheck(one, compiled?.sql ?? '', reasonOf(error)) };
  }
}

async function answered(
  one: Expectation,
  compiled: CompiledCheck,
  run: AuditRun,
  day: string | undefined,
  startedMs: number,
): Promise<Checked> {
  const { database } = run;
  if (compiled.of === 'unexpected') return answeredCounts(one, compiled, run, day);
  if (compiled.of === 'rows' || compiled.of === 'newest') {
    const [row] = await database.rows(compiled.sql);
    const value = numberOf(row?.value);
    const result =
      one.kind === 'volume'
        ? judgeVolume(one, compiled.sql, value ?? 0)
        : one.kind === 'fresh'
          ? judgeFreshness(one, compiled.sql, value && value * 1000, run.freshAtMs ?? startedMs)
          : failedCheck(one, compiled.sql, 'it has no judge');
    return withSeries(result, one, run, day);
  }
  const rows = await dailyRows(database, compiled.sql);
  if (day === undefined) throw new Error('no row has a day');
  const timeline = new Timeline(one.id, day, run.earlier, rows);
  const ofDay = Object.fromEntries(timeline.of(day));
  if (one.kind === 'anomaly')
    return { result: judgeAnomaly(one, compiled.sql, timeline, day), ofDay };
  if (one.kind !== 'drift') throw new Error('it has no judge');
  const isOrdered = isNumeric(one.column, run.table);
  return { result: judgeDrift(one, compiled.sql, timeline, day, isOrdered), ofDay };
}

async function answeredCounts(
  one: Expectation,
  compiled: Extract<CompiledCheck, { of: 'unexpected' }>,
  run: AuditRun,
  day: string | undefined,
): Promise<Checked> {
  const { database, suite } = run;
  const [row] = await database.rows(compiled.sql);
  const counts = {
    checked: numberOf(row?.checked) ?? 0,
    unexpected: numberOf(row?.unexpected) ?? 0,
  };
  const result = judgeCounts(one, compiled, counts);
  const samples =
    counts.unexpected === 0
      ? []
      : (await database.rows(compiled.sampleSql)).map((sample) =>
          maskSample(sample, suite.columns),
        );
  const rows = compiled.dailySql === undefined ? [] : await dailyRows(database, compiled.dailySql);
  return withSeries({ ...result, samples }, one, run, day, rows);
}

/** Adds how the same measure went on the days before. */
function withSeries(
  result: ExpectationResult,
  one: Expectation,
  run: AuditRun,
  day: string | undefined,
  rows: readonly DailyRow[] = [],
): Checked {
  if (day === undefined || result.observed === null) return { result };
  const today = rows.some((row) => row.day === day)
    ? rows
    : [...rows, { day, label: '', value: result.observed }];
  const measures = new Timeline(one.id, day, run.earlier, today).series('', undefined);
  const ofDay = { '': measures.get(day) ?? result.observed };
  return { result: { ...result, series: [seriesOf('', measures)] }, ofDay };
}

async function dailyRows(database: AuditDatabase, sql: string): Promise<DailyRow[]> {
  const rows = await database.rows(sql);
  return rows.flatMap(({ day, label, value }) => {
    const number = numberOf(value);
    if (typeof day !== 'string' || number === undefined) return [];
    return [{ day, label: String(label), value: number }];
  });
}

function numberOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
