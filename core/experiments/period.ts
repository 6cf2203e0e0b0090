import { BEFORE_DAYS, DAY_MS } from './attribute.ts';
import { EXPERIMENT_DAYS_MAX, type Experiment } from './experiment.ts';

/** Refunds come late: for so many days after the last mail results are made anew. */
const AFTER_DAYS = 30;

/** The days of the lake that an experiment's results are made of, and until when facts are known. */
export interface Period {
  /** UTC days, the earliest first. */
  readonly days: readonly string[];
  readonly untilMs: number;
}

/**
 * The period as of the end of `day`, the last whole day of the lake; undefined for a draft, and for an experiment that has
 * not begun by then, or whose results can change no more.
 */
export function periodOf(experiment: Experiment, day: string): Period | undefined {
  const { status, startsAt, endsAt } = experiment;
  const startMs = Date.parse(startsAt);
  const dayEndMs = Date.parse(day) + DAY_MS;
  if (status === 'draft' || startMs >= dayEndMs) return undefined;
  const endMs = endsAt === undefined ? startMs + EXPERIMENT_DAYS_MAX * DAY_MS : Date.parse(endsAt);
  const finalMs = midnightBefore(endMs + AFTER_DAYS * DAY_MS) + DAY_MS;
  if (dayEndMs > finalMs) return undefined;
  const firstMs = midnightBefore(startMs - BEFORE_DAYS * DAY_MS);
  const days = Array.from({ length: Math.round((dayEndMs - firstMs) / DAY_MS) }, (_, at) =>
    new Date(firstMs + at * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length),
  );
  return { days, untilMs: dayEndMs };
}

function midnightBefore(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}
