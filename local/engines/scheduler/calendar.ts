/** A wall-clock minute, in whatever zone it is read in. Months are 1 … 12, weekdays 1 (Sunday) … 7. */
export interface WallMinute {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const DAY_MS = 86_400_000;

export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 is Sunday, as in AWS cron expressions. */
export function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

export function nextDay({ year, month, day }: WallMinute): WallMinute {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return {
    year: next.getUTCFullYear(),
    month: next.getUTCMonth() + 1,
    day: next.getUTCDate(),
    hour: 0,
    minute: 0,
  };
}

/** Converts between moments and one zone's wall clock. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;

  /** Throws a RangeError for a name that isn't in the IANA database. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  wallMinuteAt(timeMs: number): WallMinute {
    const wall = new Date(this.#wallMs(timeMs));
    return {
      year: wall.getUTCFullYear(),
      month: wall.getUTCMonth() + 1,
      day: wall.getUTCDate(),
      hour: wall.getUTCHours(),
      minute: wall.getUTCMinutes(),
    };
  }

  /**
   * The first moment at which the wall clock shows this minute; undefined where it never does, in the
   * hour that summer time leaps over. A minute that comes twice in autumn is its first one.
   */
  momentOf({ year, month, day, hour, minute }: WallMinute, second = 0): number | undefined {
    const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
    // Offsets lie within a day of UTC and change at most once in two days: these two are all there are.
    const offsetsMs = [wallMs - DAY_MS, wallMs + DAY_MS].map((ms) => this.#wallMs(ms) - ms);
    const moments = offsetsMs.map((offsetMs) => wallMs - offsetMs);
    return moments.sort((a, b) => a - b).find((moment) => this.#wallMs(moment) === wallMs);
  }

  /** The wall clock's reading as if it were UTC, to the second. */
  #wallMs(timeMs: number): number {
    const parts = new Map(
      this.#format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
  }
}
