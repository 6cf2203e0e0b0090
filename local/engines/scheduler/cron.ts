import { daysInMonth, nextDay, type WallMinute, weekdayOf, type Zone } from './calendar.ts';

/**
 * AWS's cron: `cron(minute hour day-of-month month day-of-week year)`, of which one of the two days
 * must be `?`. `L` is the last day, `W` the nearest weekday, `2#1` the first Monday, `6L` the last
 * Friday. No installed package reads this dialect.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  /** Whether a date's day matches, month and year apart. */
  readonly isDay: (year: number, month: number, day: number) => boolean;
}

export class ScheduleRefused extends Error {}

const YEAR_MIN = 1970;
const YEAR_MAX = 2199;

const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const weekdays = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/** Parses the six fields; throws ScheduleRefused naming the field that is wrong. */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) {
    throw new ScheduleRefused(`cron(${text}) has ${fields.length} fields; it needs 6.`);
  }
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = fields;
  if ((day === '?') === (weekday === '?')) {
    throw new ScheduleRefused(
      `cron(${text}): exactly one of day-of-month and day-of-week must be ?.`,
    );
  }
  return {
    minutes: [...listed(minute, 'minute', 0, 59)],
    hours: [...listed(hour, 'hour', 0, 23)],
    months: listed(month, 'month', 1, 12, months),
    years: listed(year, 'year', YEAR_MIN, YEAR_MAX),
    isDay: weekday === '?' ? dayOfMonth(day) : dayOfWeek(weekday),
  };
}

/** The first moment after this one at which the expression holds; undefined where the years are over. */
export function nextCronMs(cron: Cron, zone: Zone, afterMs: number): number | undefined {
  const start = zone.wallMinuteAt(afterMs);
  const lastYear = Math.max(...cron.years);
  for (let date = start; date.year <= lastYear; date = nextDay(date)) {
    if (!isDate(cron, date)) continue;
    const moments = momentsOf(cron, zone, date).filter((moment) => moment > afterMs);
    if (moments.length > 0) return Math.min(...moments);
  }
  return undefined;
}

function isDate(cron: Cron, { year, month, day }: WallMinute): boolean {
  return cron.years.has(year) && cron.months.has(month) && cron.isDay(year, month, day);
}

function momentsOf(cron: Cron, zone: Zone, { year, month, day }: WallMinute): number[] {
  return cron.hours.flatMap((hour) =>
    cron.minutes.flatMap((minute) => zone.momentOf({ year, month, day, hour, minute }) ?? []),
  );
}

function dayOfMonth(field: string): Cron['isDay'] {
  if (field === 'L') return (year, month, day) => day === daysInMonth(year, month);
  if (field === 'LW') {
    return (year, month, day) => day === nearestWeekday(year, month, daysInMonth(year, month));
  }
  const weekday = /^(\d{1,2})W$/.exec(field)?.[1];
  if (weekday !== undefined) {
    const wanted = inRange(Number(weekday), 'day-of-month', 1, 31);
    return (year, month, day) =>
      wanted <= daysInMonth(year, month) && day === nearestWeekday(year, month, wanted);
  }
  const days = listed(field, 'day-of-month', 1, 31);
  return (_year, _month, day) => days.has(day);
}

function dayOfWeek(field: string): Cron['isDay'] {
  const [, nthDay, nth] = /^(\w+)#(\d)$/.exec(field) ?? [];
  if (nthDay !== undefined) {
    const wanted = numberOf(nthDay, 'day-of-week', 1, 7, weekdays);
    const week = inRange(Number(nth), 'day-of-week', 1, 5);
    return (year, month, day) =>
      weekdayOf(year, month, day) === wanted && Math.ceil(day / 7) === week;
  }
  if (field === 'L') return (year, month, day) => weekdayOf(year, month, day) === 7;
  const last = /^(\w+)L$/.exec(field)?.[1];
  if (last !== undefined) {
    const wanted = numberOf(last, 'day-of-week', 1, 7, weekdays);
    return (year, month, day) =>
      weekdayOf(year, month, day) === wanted && day > daysInMonth(year, month) - 7;
  }
  const days = listed(field, 'day-of-week', 1, 7, weekdays);
  return (year, month, day) => days.has(weekdayOf(year, month, day));
}

/** The weekday (Monday to Friday) nearest to a day, without leaving its month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = weekdayOf(year, month, day);
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === daysInMonth(year, month) ? day - 2 : day + 1;
  return day;
}

/** `*`, `5`, `1-5`, `MON-FRI`, `0/15`, `10-30/5` and lists of them. */
function listed(
  field: string,
  name: string,
  least: number,
  most: number,
  names: readonly string[] = [],
): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : numberOf(stepText, name, 1, most, []);
    const [first, last] = boundsOf(range, stepText !== undefined, name, least, most, names);
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}

function boundsOf(
  range: string,
  hasStep: boolean,
  name: string,
  least: number,
  most: number,
  names: readonly string[],
): readonly [number, number] {
  if (range === '*') return [least, most];
  const [from = '', to] = range.split('-');
  const first = numberOf(from, name, least, most, names);
  if (to === undefined) return [first, hasStep ? most : first];
  const last = numberOf(to, name, least, most, names);
  if (first <= last) return [first, last];
  throw new ScheduleRefused(`The ${name} ${range} of the cron expression runs backwards.`);
}

function numberOf(
  text: string,
  name: string,
  least: number,
  most: number,
  names: readonly string[],
): number {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return named + 1;
  if (/^\d{1,4}$/.test(text)) return inRange(Number(text), name, least, most);
  throw new ScheduleRefused(`"${text}" is no ${name} of a cron expression.`);
}

function inRange(value: number, name: string, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new ScheduleRefused(`The ${name} ${value} lies outside ${least} … ${most}.`);
}
