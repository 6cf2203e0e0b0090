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
export class Tally {
  rows = 0;
  accepted = 0;
  duplicate = 0;
  readonly #quarantined = new Map<string, number>();
  readonly #skipped = new Map<string, number>();

  quarantine(reason: string, rowCount: number): void {
    this.#quarantined.set(reason, (this.#quarantined.get(reason) ?? 0) + rowCount);
  }

  skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
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
    return {
      rows: this.rows,
      outcomes: {
        accepted: this.accepted,
        duplicate: this.duplicate,
        quarantined: Object.fromEntries(this.#quarantined),
        skipped: Object.fromEntries(this.#skipped),
      },
    };
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
