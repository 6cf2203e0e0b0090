/**
 * Which variant a customer gets. Deterministic: the same documents and the same key give the same answer on every
 * machine, so nothing has to be asked and nothing stored before the first exposure. What a profile remembers of
 * earlier exposures goes first (core/profile/assignments.ts), so that joining two profiles into one, a changed
 * weight or a narrower range moves nobody who has already seen a variant.
 */
import type { Assignments } from '../profile/assignments.ts';
import { placeOf } from './bucket-hash.ts';
import { type Experiment, HOLDOUT } from './experiment.ts';
import type { Overrides } from './overrides.ts';

export interface Assignment {
  readonly experiment: string;
  /** The id of a variant, or `holdout`. */
  readonly variant: string;
  /** What takes the place of the placement's own; empty for the hold-out. */
  readonly overrides: Overrides;
}

/** Where and when a variant is asked for, and what the customer's profile remembers. */
export interface AssignmentContext {
  readonly placementId: string;
  readonly nowMs: number;
  readonly assignments?: Assignments | undefined;
}

/** One seed for all experiments: whom one holds out, each holds out that holds out as many. */
const HOLDOUT_SEED = 'kindred-holdout';

/**
 * The variant of the first running experiment on the placement that takes the customer, by id; the hold-out where
 * the customer belongs to that; nothing where no experiment runs or takes the customer.
 * `customerKey` is that of core/experiments/assignment-key.ts.
 */
export function assign(
  experiments: readonly Experiment[],
  customerKey: string,
  context: AssignmentContext,
): Assignment | undefined {
  const running = experiments
    .filter((experiment) => isRunning(experiment, context))
    .sort((a, b) => (a.experimentId < b.experimentId ? -1 : 1));
  let heldOut: Assignment | undefined;
  for (const experiment of running) {
    const remembered = context.assignments?.[experiment.experimentId]?.[0];
    const variantId = remembered ?? variantIdOf(experiment, customerKey);
    const assignment = variantId === undefined ? undefined : assignmentTo(experiment, variantId);
    if (assignment?.variant === HOLDOUT) heldOut ??= assignment;
    else if (assignment !== undefined) return assignment;
  }
  return heldOut;
}

/** The assignment to a variant by its name, as previews ask for it; undefined where there is no such variant. */
export function assignmentTo(experiment: Experiment, variantId: string): Assignment | undefined {
  const { experimentId } = experiment;
  if (variantId === HOLDOUT) return { experiment: experimentId, variant: HOLDOUT, overrides: {} };
  const variant = experiment.variants.find(({ id }) => id === variantId);
  if (variant === undefined) return undefined;
  return { experiment: experimentId, variant: variant.id, overrides: variant.overrides };
}

/** What the hash says, whatever a profile remembers; undefined for whom the experiment doesn't take. */
export function variantIdOf(experiment: Experiment, customerKey: string): string | undefined {
  const { holdoutShare, namespace, seed = experiment.experimentId } = experiment;
  if (placeOf(HOLDOUT_SEED, customerKey) < holdoutShare) return HOLDOUT;
  if (namespace !== undefined && !isWithin(placeOf(namespace.id, customerKey), namespace)) {
    return undefined;
  }
  const place = placeOf(seed, customerKey);
  const at = rangesOf(experiment).findIndex((range) => isWithin(place, range));
  return experiment.variants[at]?.id;
}

interface Range {
  readonly from: number;
  readonly until: number;
}

/**
 * Each variant's range of places: its weight wide, of which coverage says how much is taken, from its beginning. So
 * a raised coverage lets more in and moves nobody. The sums are GrowthBook's (getBucketRanges), to the last bit.
 */
export function rangesOf({
  variants,
  coverage,
}: Pick<Experiment, 'coverage'> & {
  readonly variants: readonly { readonly weight: number }[];
}): Range[] {
  let sum = 0;
  return variants.map(({ weight }) => {
    const from = sum;
    sum += weight;
    return { from, until: from + coverage * weight };
  });
}

function isWithin(place: number, { from, until }: Range): boolean {
  return place >= from && place < until;
}

function isRunning(
  { status, placement, startsAt, endsAt }: Experiment,
  { placementId, nowMs }: AssignmentContext,
): boolean {
  if (status !== 'running' || placement !== placementId) return false;
  return nowMs >= Date.parse(startsAt) && (endsAt === undefined || nowMs < Date.parse(endsAt));
}
