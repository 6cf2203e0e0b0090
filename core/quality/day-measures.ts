import * as z from 'zod';

/** The form of what is kept of a day for the audits after it. */
const DAY_MEASURES_VERSION = 1;

const numbers = z.record(z.string(), z.number());

/** What an audit of one day measured: numbers, never rows. Lies beside the day's report. */
export const dayMeasures = z.strictObject({
  formVersion: z.literal(DAY_MEASURES_VERSION),
  suiteId: z.string(),
  day: z.iso.date(),
  /** By expectation's id: measures by label, or counts by bin. */
  measures: z.record(z.string(), numbers),
});
export type DayMeasures = z.infer<typeof dayMeasures>;

/** Whether there were rows to measure: of none, every measure is 0. */
export function hasMeasuredRows({ measures }: DayMeasures): boolean {
  return Object.values(measures).some((one) => Object.values(one).some((value) => value > 0));
}

/** One line of a daily query's answer. */
export interface DailyRow {
  readonly day: string;
  /** What the measure is told apart by, or a bin; empty for the whole. */
  readonly label: string;
  readonly value: number;
}

/** Measures of one expectation on every day that is known. */
export class Timeline {
  readonly #byDay = new Map<string, Map<string, number>>();

  /** Days before `day` from earlier audits, then what the data itself has up to `day`. */
  constructor(id: string, day: string, earlier: readonly DayMeasures[], rows: readonly DailyRow[]) {
    for (const past of earlier) {
      if (past.day < day)
        this.#byDay.set(past.day, new Map(Object.entries(past.measures[id] ?? {})));
    }
    const days = Map.groupBy(rows, (row) => row.day);
    for (const [one, ofDay] of days) {
      if (one <= day) this.#byDay.set(one, new Map(ofDay.map((row) => [row.label, row.value])));
    }
    if (!this.#byDay.has(day)) this.#byDay.set(day, new Map());
  }

  /** Every day that was measured, in order. */
  get days(): string[] {
    return [...this.#byDay.keys()].sort();
  }

  of(day: string): ReadonlyMap<string, number> {
    return this.#byDay.get(day) ?? new Map();
  }

  labels(): string[] {
    return [...new Set(this.#byDay.values().flatMap((labels) => labels.keys()))];
  }

  /** A label's measures by day; `absent` stands for a measured day without it, where that means something. */
  series(label: string, absent: number | undefined): Map<string, number> {
    return new Map(
      this.days.flatMap((day) => {
        const value = this.of(day).get(label) ?? absent;
        return value === undefined ? [] : [[day, value] as const];
      }),
    );
  }
}

export function makeDayMeasures(
  suiteId: string,
  day: string,
  measures: DayMeasures['measures'],
): DayMeasures {
  return { formVersion: DAY_MEASURES_VERSION, suiteId, day, measures };
}
