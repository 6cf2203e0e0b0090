import { type WallMinute, Zone } from './calendar.ts';
import { nextCronMs, parseCron, ScheduleRefused } from './cron.ts';

/** When a schedule runs: the first moment strictly after the one given, undefined where there is none. */
export type NextMs = (afterMs: number) => number | undefined;

const unitsMs: Readonly<Record<string, number>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

/**
 * Parses `cron(…)`, `rate(value unit)` or `at(yyyy-mm-ddThh:mm:ss)`. A rate counts from `anchorMs`
 * (the start date, else when the schedule was made) and runs at the anchor itself.
 */
export function parseSchedule(expression: string, timeZone: string, anchorMs: number): NextMs {
  const [, kind, body = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  const zone = zoneOf(timeZone);
  switch (kind) {
    case 'cron': {
      const cron = parseCron(body);
      return (afterMs) => nextCronMs(cron, zone, afterMs);
    }
    case 'rate':
      return rate(body, anchorMs);
    case 'at': {
      const momentMs = at(body, zone);
      return (afterMs) => (momentMs > afterMs ? momentMs : undefined);
    }
    default:
      throw new ScheduleRefused(`"${expression}" is neither cron(…), rate(…) nor at(…).`);
  }
}

function rate(body: string, anchorMs: number): NextMs {
  const [, count = '', unit = ''] = /^(\d{1,6}) (\w+)$/.exec(body) ?? [];
  const periodMs = Number(count) * (Object.hasOwn(unitsMs, unit) ? (unitsMs[unit] ?? 0) : 0);
  if (!(periodMs > 0)) {
    throw new ScheduleRefused(`rate(${body}) must be a number ≥ 1 and minutes, hours or days.`);
  }
  return (afterMs) =>
    anchorMs + Math.max(0, Math.floor((afterMs - anchorMs) / periodMs) + 1) * periodMs;
}

function at(body: string, zone: Zone): number {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(body)?.slice(1).map(Number);
  const [year, month, day, hour, minute, second] = parts ?? [];
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined
  ) {
    throw new ScheduleRefused(`at(${body}) must be yyyy-mm-ddThh:mm:ss.`);
  }
  const wall: WallMinute = { year, month, day, hour, minute };
  const momentMs = zone.momentOf(wall, second);
  if (momentMs !== undefined) return momentMs;
  throw new ScheduleRefused(`at(${body}) never comes in the schedule's time zone.`);
}

function zoneOf(timeZone: string): Zone {
  try {
    return new Zone(timeZone);
  } catch {
    throw new ScheduleRefused(`"${timeZone}" is no time zone of the IANA database.`);
  }
}
