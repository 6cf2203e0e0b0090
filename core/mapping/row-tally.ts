import * as z from 'zod';

const count = z.int().nonnegative();
const countsByReason = z.record(z.string(), count);

/** Figures of a part of the rows, to be added up. */
export const rowCounts = z.object({
  rows: count,
  accepted: count,
  duplicate: count,
  quarantined: countsByReason,
  skipped: countsByReason,
});
export type RowCounts = z.infer<typeof rowCounts>;

/** What became of every row; the leaves add up to `rows`. */
export interface ImportOutcome {
  readonly rows: number;
  readonly outcomes: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly quarantined: Readonly<Record<string, number>>;
    readonly skipped: Readonly<Record<string, number>>;
  };
}

/** Counts rows by outcome, each once. */
export class RowTally {
  rows = 0;
  accepted = 0;
  duplicate = 0;
  readonly #quarantined = new Map<string, number>();
  readonly #skipped = new Map<string, number>();

  quarantine(reason: string, rowCount: number): void {
    this.#quarantined.set(reason, (this.#quarantined.get(reason) ?? 0) + rowCount);
  }

  skip(reason: string, rowCount = 1): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + rowCount);
  }

  /** Adds what another tally counted. */
  add(counts: Partial<RowCounts>): void {
    this.rows += counts.rows ?? 0;
    this.accepted += counts.accepted ?? 0;
    this.duplicate += counts.duplicate ?? 0;
    for (const [reason, rows] of Object.entries(counts.quarantined ?? {})) {
      this.quarantine(reason, rows);
    }
    for (const [reason, rows] of Object.entries(counts.skipped ?? {})) this.skip(reason, rows);
  }

  get counts(): RowCounts {
    const { rows, accepted, duplicate } = this;
    const quarantined = Object.fromEntries(this.#quarantined);
    return { rows, accepted, duplicate, quarantined, skipped: Object.fromEntries(this.#skipped) };
  }

  get quarantined(): number {
    return sum(this.#quarantined);
  }

  get skipped(): number {
    return sum(this.#skipped);
  }

  /** @throws Error when a row was lost or counted twice: a bug, never the file's fault. */
  outcome(): ImportOutcome {
    const told = this.accepted + this.duplicate + this.quarantined + this.skipped;
    if (told !== this.rows) throw new Error(`${this.rows} rows were read, ${told} have an outcome`);
    const { rows, ...outcomes } = this.counts;
    return { rows, outcomes };
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
