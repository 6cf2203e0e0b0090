import { assign, assignmentTo } from '../../core/experiments/assign.ts';
import { assignmentKeyOf } from '../../core/experiments/assignment-key.ts';
import type { Experiment } from '../../core/experiments/experiment.ts';
import type { Assign } from './prepare-answer.ts';
import { StoreLook } from './store-look.ts';
import { within } from './time-budget.ts';

/** Documents of the store, and the ids of those that can't be read. */
export interface ExperimentRead {
  readonly experiments: readonly Experiment[];
  readonly unusableIds: readonly string[];
}

/** How old a look at the documents may be: an edit is in force everywhere this much later. */
const REFRESH_EVERY_MS = 15_000;
/** Ends a look that hangs, so that the next can begin. */
const READ_MS_MAX = 2_000;

/**
 * The experiments that run, and who gets which variant. Read beside the requests, never by one; a look that fails
 * leaves what was read last. Until the first has come, placements are served as they are.
 */
export class CurrentExperiments {
  readonly #read: () => Promise<ExperimentRead>;
  readonly #onFailure: (reason: string) => void;
  #experiments: readonly Experiment[] = [];
  readonly #looks = new StoreLook(() => this.#look());

  constructor(read: () => Promise<ExperimentRead>, onFailure: (reason: string) => void) {
    this.#read = read;
    this.#onFailure = onFailure;
  }

  /**
   * Customers without a profile, and those of whom nothing personal may be read, are in no experiment. A variant that
   * is asked for by its name is looked at, in whatever state its experiment is.
   */
  readonly assign: Assign = (placement, customer, forcedVariant, nowMs) => {
    this.refresh();
    if (forcedVariant !== undefined && forcedVariant !== '') {
      const named = this.#experiments
        .filter((experiment) => experiment.placement === placement.id)
        .map((experiment) => assignmentTo(experiment, forcedVariant));
      return named.find((assignment) => assignment !== undefined);
    }
    if (customer.kind !== 'known') return undefined;
    const { profile } = customer;
    const key = assignmentKeyOf(profile, []);
    if (key === undefined) return undefined;
    const { assignments } = profile;
    return assign(this.#experiments, key, { placementId: placement.id, nowMs, assignments });
  };

  /** Looks at the store unless somebody just did, without anybody waiting. */
  refresh(): void {
    this.#looks.refresh();
  }

  async #look(): Promise<number> {
    const read = await within(READ_MS_MAX, () => this.#read());
    if (!read.ok) {
      this.#onFailure(`the documents could not be read (${read.cause})`);
      return REFRESH_EVERY_MS;
    }
    const { experiments, unusableIds } = read.value;
    for (const id of unusableIds) this.#onFailure(`experiment ${id} cannot be used`);
    const unusable = new Set(unusableIds);
    const last = this.#experiments.filter(({ experimentId }) => unusable.has(experimentId));
    this.#experiments = [...experiments, ...last];
    return REFRESH_EVERY_MS;
  }
}
