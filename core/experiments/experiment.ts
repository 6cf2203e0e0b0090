import * as z from 'zod';
import { overrides } from './overrides.ts';

/**
 * An experiment: on one placement, variants that differ by what they override of its document, and how customers
 * come to them. Documents are data: strict, so that a misspelt key is refused, and versioned.
 */
export const EXPERIMENT_SCHEMA_VERSION = 1;

/** The kind of documents of the config table that hold experiments. */
export const EXPERIMENT_KIND = 'experiment';

/** Of the arm that stands for “no experiment”; no variant may have it. */
export const HOLDOUT = 'holdout';

/** One cannot tell more arms apart with the traffic that shops have. */
const VARIANTS_MAX = 8;
/** How far shares may be off 1 in all: three thirds, written with four digits. */
const SHARE_TOLERANCE = 0.001;
/** A hold-out of more than half has the roles the wrong way round. */
const HOLDOUT_SHARE_MAX = 0.5;
/** Days of the lake that a night may read again; longer ones are two experiments. */
export const EXPERIMENT_DAYS_MAX = 120;
const DAY_MS = 86_400_000;

/** Also of a placement and a variant. */
export const experimentId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, {
  error: 'must be lower-case letters, digits and hyphens, e.g. "2026-11-hero"',
});

export const windowDays = z.union([z.literal(1), z.literal(3), z.literal(7)]);
export type WindowDays = z.infer<typeof windowDays>;

/** What of a delivered mail is counted; see docs/reference/experiments.md. */
export const outcomeNames = [
  'click-through',
  'click-to-open',
  'conversion',
  'revenue',
  'purchase',
] as const;
export const outcomeName = z.enum(outcomeNames);
export type OutcomeName = z.infer<typeof outcomeName>;

const share = z.number().min(0).max(1);

export const variant = z.strictObject({
  id: experimentId.refine((id) => id !== HOLDOUT, {
    error: `is the name of the arm outside of every experiment; choose another than “${HOLDOUT}”`,
  }),
  /** Its share of the customers in the experiment. */
  weight: z.number().positive().max(1),
  overrides: overrides.default({}),
});
export type Variant = z.infer<typeof variant>;

export const experiment = z
  .strictObject({
    schemaVersion: z.literal(EXPERIMENT_SCHEMA_VERSION),
    experimentId,
    /** Counted up by whoever edits the document; results name it. */
    version: z.number().int().positive(),
    description: z.string().max(500).optional(),
    status: z.enum(['draft', 'running', 'stopped']),
    placement: experimentId,
    /** The first is the control. */
    variants: z.array(variant).min(2).max(VARIANTS_MAX),
    /** The share of customers that the experiment takes; raise it to let more in, nobody changes the variant. */
    coverage: share.default(1),
    /** Experiments of one namespace take no customer together, where their ranges don't overlap. */
    namespace: z.strictObject({ id: experimentId, from: share, until: share }).optional(),
    /** The share of customers, the same ones for all experiments, that stay out of every experiment. */
    holdoutShare: share.max(HOLDOUT_SHARE_MAX).default(0),
    /** What is hashed beside the customer's key; the experiment's id where absent. Another one deals anew. */
    seed: z.string().min(1).max(64).optional(),
    startsAt: z.iso.datetime(),
    /** The last mail counted was delivered before; without it the experiment runs for EXPERIMENT_DAYS_MAX. */
    endsAt: z.iso.datetime().optional(),
    attribution: z
      .strictObject({
        windowsDays: z.array(windowDays).min(1),
        /** Of the primary outcome. */
        primaryWindowDays: windowDays,
      })
      .default({ windowsDays: [1, 3, 7], primaryWindowDays: 7 }),
    primaryOutcome: outcomeName,
    /** The relative uplift that is worth knowing, e.g. 0.05: days to go are for it. */
    minimumUplift: z.number().min(0.001).max(10).default(0.05),
    /** ISO 4217 of the revenue that is counted; without it revenue is not. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, { error: 'must be a code of ISO 4217 such as GBP' })
      .optional(),
  })
  .superRefine((document, context) => {
    for (const [path, message] of problemsOf(document)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });
export type Experiment = z.infer<typeof experiment>;

interface Checked {
  readonly status: string;
  readonly variants: readonly Variant[];
  readonly namespace?: { readonly from: number; readonly until: number } | undefined;
  readonly startsAt: string;
  readonly endsAt?: string | undefined;
  readonly attribution: {
    readonly windowsDays: readonly number[];
    readonly primaryWindowDays: number;
  };
  readonly primaryOutcome: OutcomeName;
  readonly currency?: string | undefined;
}

type Problem = readonly [path: readonly string[], message: string];

function problemsOf(document: Checked): Problem[] {
  const { variants, namespace, startsAt, endsAt, attribution } = document;
  const problems: Problem[] = [];
  const weights = variants.reduce((sum, { weight }) => sum + weight, 0);
  if (Math.abs(weights - 1) > SHARE_TOLERANCE) {
    problems.push([['variants'], `have weights of ${weights.toFixed(4)} in all; they must make 1`]);
  }
  if (new Set(variants.map(({ id }) => id)).size < variants.length) {
    problems.push([['variants'], 'must not hold an id twice']);
  }
  if (namespace !== undefined && namespace.from >= namespace.until) {
    problems.push([['namespace', 'until'], 'must be above namespace.from']);
  }
  const days = (Date.parse(endsAt ?? startsAt) - Date.parse(startsAt)) / DAY_MS;
  if (endsAt !== undefined && days <= 0) problems.push([['endsAt'], 'must be after startsAt']);
  if (days > EXPERIMENT_DAYS_MAX) {
    problems.push([['endsAt'], `must be within ${EXPERIMENT_DAYS_MAX} days of startsAt`]);
  }
  if (document.status === 'stopped' && endsAt === undefined) {
    problems.push([['endsAt'], 'must say when the experiment ended, now that it is stopped']);
  }
  if (!attribution.windowsDays.includes(attribution.primaryWindowDays)) {
    problems.push([['attribution', 'primaryWindowDays'], 'must be one of windowsDays']);
  }
  if (document.primaryOutcome === 'revenue' && document.currency === undefined) {
    problems.push([['currency'], 'must be said where revenue is the primary outcome']);
  }
  return problems;
}
