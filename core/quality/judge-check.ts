import type { ExpectationResult, SampleValue } from './audit-report.ts';
import { columnsNamedBy } from './columns-named.ts';
import type { Expectation, ExpectationOf, Tolerance } from './expectation.ts';
import type { CompiledCheck } from './sql/compile-check.ts';
import { allowedText, counted, measured, percent, titleOf, volumeText } from './title-of.ts';

/** What the queries of one check answered. */
export interface Counted {
  readonly checked: number;
  readonly unexpected: number;
}

/** The parts of a result that say what was expected; the rest is for what was found. */
export function asked(
  one: Expectation,
  sql: string,
): Pick<
  ExpectationResult,
  'id' | 'title' | 'kind' | 'columns' | 'severity' | 'sql' | 'sampleSql' | 'samples' | 'series'
> {
  const columns = columnsNamedBy(one).filter(({ dataset }) => dataset === undefined);
  return {
    id: one.id,
    title: titleOf(one),
    kind: one.kind,
    columns: [...new Set(columns.map(({ column }) => column))],
    severity: one.severity,
    sql,
    sampleSql: '',
    samples: [],
    series: [],
  };
}

/** A check of rows or keys: are there more unexpected ones than are put up with? */
export function judgeCounts(
  one: Expectation,
  check: Extract<CompiledCheck, { of: 'unexpected' }>,
  { checked, unexpected }: Counted,
): ExpectationResult {
  const tolerance: Tolerance | undefined = 'atMost' in one ? one.atMost : undefined;
  const share = checked === 0 ? 0 : unexpected / checked;
  const { counting } = check;
  const isMet = unexpected <= allowedCount(tolerance, checked);
  return {
    ...asked(one, check.sql),
    sampleSql: check.sampleSql,
    status: isMet ? 'met' : 'unmet',
    counting,
    checkedCount: checked,
    unexpectedCount: unexpected,
    observed: share,
    unit: 'share',
    allowed: allowedText(tolerance, counting),
    message:
      checked === 0
        ? `There were no ${counting} to look at.`
        : `${counted(unexpected)} of ${counted(checked)} ${counting} (${percent(share)}) ${breach(one)}.`,
  };
}

function allowedCount(tolerance: Tolerance | undefined, checked: number): number {
  if (tolerance === undefined) return 0;
  return 'share' in tolerance ? tolerance.share * checked : tolerance.count;
}

/** What is wrong with the rows that are counted. */
function breach(one: Expectation): string {
  switch (one.kind) {
    case 'types':
      return 'have a value of another type';
    case 'complete':
      return one.columns.length === 1 ? `have no ${one.columns[0]}` : 'lack a value';
    case 'range':
      return 'are out of bounds';
    case 'in':
      return 'have a value that is not of the set';
    case 'notIn':
      return 'have a value that is not expected';
    case 'matches':
      return 'do not match';
    case 'notMatches':
      return 'match';
    case 'format':
      return 'have another form';
    case 'compare':
      return 'are not so related';
    case 'unique':
    case 'distinctRows':
      return 'repeat another';
    case 'oneValuePerKey':
      return `have several values of ${one.column}`;
    case 'reference':
      return `are not in ${one.dataset}`;
    case 'total':
      return 'differ from the sum of their lines';
    default:
      return 'are not as expected';
  }
}

export function judgeVolume(
  one: ExpectationOf<'volume'>,
  sql: string,
  rows: number,
): ExpectationResult {
  const { minimum = 0, maximum = Number.POSITIVE_INFINITY } = one;
  const isMet = rows >= minimum && rows <= maximum;
  return {
    ...asked(one, sql),
    ...ofDataset(isMet),
    observed: rows,
    unit: 'rows',
    allowed: `${volumeText(one.minimum, one.maximum)} rows`,
    message: `There are ${counted(rows)} rows.`,
  };
}

/** @param newestMs time of the newest row, epoch; undefined where there is none. */
export function judgeFreshness(
  one: ExpectationOf<'fresh'>,
  sql: string,
  newestMs: number | undefined,
  nowMs: number,
): ExpectationResult {
  const hours = newestMs === undefined ? undefined : (nowMs - newestMs) / 3_600_000;
  return {
    ...asked(one, sql),
    ...ofDataset(hours !== undefined && hours <= one.hoursMax),
    observed: hours ?? null,
    unit: 'hours',
    allowed: `at most ${counted(one.hoursMax)} hours`,
    message:
      hours === undefined
        ? `No row has a ${one.column}.`
        : `The newest ${one.column} is ${measured(Math.max(0, hours))} hours old.`,
  };
}

/** A check that could not be made counts like a breach: what isn't known isn't good. */
export function failedCheck(one: Expectation, sql: string, reason: string): ExpectationResult {
  return {
    ...asked(one, sql),
    status: 'failed',
    counting: 'dataset',
    checkedCount: 0,
    unexpectedCount: 0,
    observed: null,
    unit: 'rows',
    allowed: 'a check that can be made',
    message: `The check could not be made: ${reason}`,
  };
}

function ofDataset(
  isMet: boolean,
): Pick<ExpectationResult, 'status' | 'counting' | 'checkedCount' | 'unexpectedCount'> {
  return {
    status: isMet ? 'met' : 'unmet',
    counting: 'dataset',
    checkedCount: 1,
    unexpectedCount: isMet ? 0 : 1,
  };
}

/** Rows that could not be read are in no other count, so they have a result of their own. */
export function unreadableResult(
  readCount: number,
  unreadableCount: number,
): ExpectationResult | undefined {
  if (unreadableCount === 0) return undefined;
  const all = readCount + unreadableCount;
  return {
    id: 'readable',
    title: 'Every row can be read',
    kind: 'readable',
    columns: [],
    severity: 'stop',
    status: 'unmet',
    counting: 'rows',
    checkedCount: all,
    unexpectedCount: unreadableCount,
    observed: unreadableCount / all,
    unit: 'share',
    allowed: 'no rows',
    message: `${counted(unreadableCount)} of ${counted(all)} rows (${percent(unreadableCount / all)}) have not as many columns as the header, or are no JSON; they are in no other count.`,
    sql: '',
    sampleSql: '',
    samples: [],
    series: [],
  };
}

/** What stands in a report of a value that a query gave. */
export type Sample = Record<string, SampleValue>;
