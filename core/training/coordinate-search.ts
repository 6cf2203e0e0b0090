/**
 * Hyper-parameters by coordinate descent over grids or steps from a good start: each parameter in turn takes its
 * best value while the others stand, pass after pass until none improves or a bound is met.
 *
 * It draws no random number: the same trials come in the same order. A budget of time may end it early; how
 * many trials were made is part of the result, and with `trialsMax` set to that it ends the same way again.
 */
export interface Search<Parameters extends Readonly<Record<string, number>>> {
  readonly start: Parameters;
  /** Values tried of each, in the order in which the parameters matter. */
  readonly grids: readonly (readonly [keyof Parameters & string, Grid])[];
  /** What a trial is worth; higher is better. */
  readonly attempt: (parameters: Parameters) => Promise<number>;
  /** The first step away from the start must gain more than this; what it gains less speaks for the start. */
  readonly departureGainMin: number;
  /** Every later step must gain more than this: what is less may be the sample's noise. */
  readonly gainMin: number;
  readonly passesMax: number;
  readonly trialsMax: number;
  /** Asked before every trial but the first. */
  readonly isOutOfTime: () => boolean;
  readonly onTrial?: (trial: SearchTrial<Parameters>) => void;
}

/** Values to try, or steps from the best value so far; passes count from 0. */
export type Grid = readonly number[] | ((best: number, pass: number) => readonly number[]);

export interface SearchTrial<Parameters> {
  readonly parameters: Parameters;
  readonly objective: number;
}

export interface SearchOutcome<Parameters> {
  readonly best: SearchTrial<Parameters>;
  readonly trials: readonly SearchTrial<Parameters>[];
  /** Whether a bound ended it before a pass without improvement. */
  readonly endedBy: 'convergence' | 'passes' | 'trials' | 'time';
}

export async function coordinateSearch<Parameters extends Readonly<Record<string, number>>>(
  search: Search<Parameters>,
): Promise<SearchOutcome<Parameters>> {
  const trials = new Map<string, SearchTrial<Parameters>>();
  const attempt = async (parameters: Parameters): Promise<SearchTrial<Parameters>> => {
    const tried = { parameters, objective: await search.attempt(parameters) };
    trials.set(keyOf(parameters), tried);
    search.onTrial?.(tried);
    return tried;
  };
  const atStart = await attempt(search.start);
  let best = atStart;
  const outcome = (endedBy: SearchOutcome<Parameters>['endedBy']) => ({
    best,
    trials: [...trials.values()],
    endedBy,
  });
  for (let pass = 0; pass < search.passesMax; pass++) {
    const atStartOfPass = best;
    for (const [name, grid] of search.grids) {
      const centre = best.parameters;
      const values = typeof grid === 'function' ? grid(centre[name] ?? 0, pass) : grid;
      for (const value of values) {
        const parameters = { ...centre, [name]: value };
        if (trials.has(keyOf(parameters))) continue;
        if (trials.size >= search.trialsMax) return outcome('trials');
        if (search.isOutOfTime()) return outcome('time');
        const tried = await attempt(parameters);
        const gainMin = best === atStart ? search.departureGainMin : search.gainMin;
        if (tried.objective > best.objective + gainMin) best = tried;
      }
    }
    if (best === atStartOfPass) return outcome('convergence');
  }
  return outcome('passes');
}

function keyOf(parameters: Readonly<Record<string, number>>): string {
  return Object.values(parameters).join();
}
