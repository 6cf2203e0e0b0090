/** One figure that the project promises: `--json` of a benchmark prints `{ checks: Check[] }`. */
export interface Check {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held to, e.g. `<= 3`. */
  readonly bound: string;
  readonly ok: boolean;
}

export function atMost(name: string, value: number, unit: string, bound: number): Check {
  return { name, value: rounded(value), unit, bound: `<= ${bound}`, ok: value <= bound };
}

export function atLeast(name: string, value: number, unit: string, bound: number): Check {
  return { name, value: rounded(value), unit, bound: `>= ${bound}`, ok: value >= bound };
}

export function above(name: string, value: number, unit: string, bound: number): Check {
  return { name, value: rounded(value), unit, bound: `> ${bound}`, ok: value > bound };
}

/** A figure that stands beside others and is held to nothing. */
export function shown(name: string, value: number, unit: string): Check {
  return { name, value: rounded(value), unit, bound: '', ok: true };
}

/** Prints the checks as a table, or as one JSON document where the command line says `--json`. */
export function printChecks(checks: readonly Check[]): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ checks }, null, 2));
    return;
  }
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, value, unit, bound, ok } of checks) {
    const verdict = bound === '' ? '' : ok ? `  ${bound}` : `  ${bound}  MISSED`;
    console.log(`${name.padEnd(width)}  ${String(value).padStart(10)} ${unit}${verdict}`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

/** The value below which such a share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
