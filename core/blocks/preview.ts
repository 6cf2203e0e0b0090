import * as z from 'zod';
import { dropRules } from '../ranking/ranking-request.ts';
import { answerSources, strategyKinds } from '../ranking/strategy.ts';

const rung = z.enum([...strategyKinds, 'pinned']);

export const customerStates = [
  'absent',
  'unknown',
  'erased',
  'no-consent',
  'suppressed',
  'known',
] as const;

/** Dropped items that a preview names of one rule; the rest is counted. */
export const DROPS_SHOWN_MAX = 20;

const previewItem = z.object({
  /** From 1. */
  place: z.int().positive(),
  itemId: z.string(),
  title: z.string(),
  price: z.number().nullable(),
  priceText: z.string(),
  currency: z.string(),
  /** The shop's own address: a preview makes no links that count clicks. */
  url: z.string(),
  imageUrl: z.string(),
  rung,
  source: z.enum(answerSources),
  /** How strongly its rung speaks for it; compares with items of the same rung alone. Null where the rung has no scores. */
  score: z.number().nullable(),
  reason: z.string(),
});

const dropGroup = z.object({
  rule: z.enum(dropRules),
  /** All that the rule left out until the list was full. */
  itemCount: z.int().positive(),
  /** The first DROPS_SHOWN_MAX, the best of the highest rung first. */
  items: z.array(
    z.object({
      itemId: z.string(),
      title: z.string(),
      /** The rungs that had offered it. */
      rungs: z.array(rung),
      /** Whether it stands in the list all the same: by a rung that the rule spares, or because nothing else was left. */
      isListed: z.boolean(),
    }),
  ),
});

/** The answer of `GET /v1/placements/{id}/preview`: what a customer would get, and why. Nothing of it is recorded. */
export const preview = z.object({
  /** The moment it is made for, ISO 8601, and whether somebody chose it. */
  at: z.iso.datetime(),
  isAtChosen: z.boolean(),
  /** With what the variant puts in the place of the document's own. */
  placement: z.object({
    id: z.string(),
    version: z.int(),
    isEdited: z.boolean(),
    heading: z.string(),
    /** Null for the template that comes with Kindred. */
    template: z.string().nullable(),
    /** Kinds of its ladder's strategies, in order. */
    ladder: z.array(z.enum(strategyKinds)),
    /** How many items were asked for, after the placement's bounds. */
    limit: z.int().positive(),
  }),
  /** Null before the first model is published. */
  model: z
    .object({ id: z.string(), ageHours: z.number().nonnegative(), isChosen: z.boolean() })
    .nullable(),
  /** Null where no experiment takes the customer. */
  assignment: z
    .object({
      experiment: z.string(),
      variant: z.string(),
      isForced: z.boolean(),
      /** Which block of the mail it is; null where the variant doesn't say. */
      position: z.int().positive().nullable(),
    })
    .nullable(),
  customer: z.object({
    state: z.enum(customerStates),
    explanation: z.string(),
    /** Interactions that the ranking saw; 0 where nothing personal may be read. */
    deedCount: z.int().nonnegative(),
    newestDeedAt: z.iso.datetime().nullable(),
  }),
  source: z.enum(answerSources),
  /** As the served answer says it, with its notes. */
  reason: z.string(),
  notes: z.array(z.string()),
  items: z.array(previewItem),
  drops: z.array(dropGroup),
  /** Where what is shown may differ from what was or will be served. */
  limits: z.array(z.string()),
  durationsMs: z.record(z.string(), z.number()),
});
export type Preview = z.infer<typeof preview>;
