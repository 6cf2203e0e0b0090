import * as z from 'zod';
import { placementRules } from './placement-rules.ts';
import { ladderV1, rulesV1, upcastLadder } from './placement-v1.ts';
import { placementId, staticItem, strategy } from './strategy.ts';

/**
 * A placement: a slot in an email. Its document says which strategies may fill the slot and in which
 * order (the ladder), what must never stand in it (the rules), how many items it takes, for how long
 * an answer may be kept, and what is shown when everything else fails. Documents are data: strict, so
 * that a misspelt key is refused instead of ignored, and versioned, so that a form that this code
 * doesn't know is refused too.
 */
export const PLACEMENT_SCHEMA_VERSION = 2;

/** The kind under which placements lie in the config table. */
export const PLACEMENT_KIND = 'placement';

/** Two dozen fill the longest email; an ESP's 1 MB limit is far away. */
export const LIMIT_MAX = 24;

/** The largest image that email clients show as it is, at twice the density. */
const IMAGE_PX_MAX = 1_200;
/** A dozen rungs are more than anybody can follow; each costs time. */
const RUNGS_MAX = 16;

const commonFields = {
  id: placementId,
  /** Counted up with every edit; part of what identifies an answer. */
  version: z.int().positive(),
  /** The line above the rendered block. */
  heading: z.string().min(1).max(200),
  /** BCP 47 tag by which prices are written, e.g. `en-GB` for £12.50. */
  locale: z.string().refine(isLocale, { message: 'must be a language tag such as en-GB' }),
  /** ISO 4217: prices are shown in it where the shop gave one; else in the item's own currency. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  limit: z
    .strictObject({
      default: z.int().positive().max(LIMIT_MAX),
      max: z.int().positive().max(LIMIT_MAX),
    })
    .refine((limit) => limit.default <= limit.max, {
      path: ['default'],
      message: 'must not be above limit.max',
    }),
  /** How long an ESP may keep an answer; Braze keeps one for five minutes whatever we say. */
  maxAgeSeconds: z.int().nonnegative().max(86_400),
};

export const ladder = z
  .array(strategy)
  .min(1)
  .max(RUNGS_MAX)
  .refine((rungs) => rungs.at(-1)?.kind === 'static', {
    message: 'must end in a static rung, so that no answer is ever empty',
  })
  .refine((rungs) => rungs.filter(({ kind }) => kind === 'static').length <= 1, {
    message: 'must hold one static rung, the last',
  })
  .refine((rungs) => new Set(rungs.map((rung) => JSON.stringify(rung))).size === rungs.length, {
    message: 'must not hold a strategy twice',
  });

/** How the block and the open-time images of a placement look. */
export const image = z.strictObject({
  widthPx: z.int().min(50).max(IMAGE_PX_MAX),
  heightPx: z.int().min(50).max(IMAGE_PX_MAX),
});

export const placement = z.strictObject({
  schemaVersion: z.literal(PLACEMENT_SCHEMA_VERSION),
  ...commonFields,
  ladder,
  rules: placementRules,
  /** The template that renders the block; absent means the one that comes with Kindred. */
  template: placementId.optional(),
  /** Size of the images that are drawn for it; absent means the renderer's own. */
  image: image.optional(),
});
export type Placement = z.infer<typeof placement>;

const placementV1 = z.strictObject({
  schemaVersion: z.literal(1),
  ...commonFields,
  ladder: ladderV1,
  rules: rulesV1,
});

/** A document of any form that was ever written, in today's. */
export const placementDocument = z
  .discriminatedUnion('schemaVersion', [placementV1, placement])
  .transform(
    (document): Placement =>
      document.schemaVersion === PLACEMENT_SCHEMA_VERSION
        ? document
        : {
            ...document,
            schemaVersion: PLACEMENT_SCHEMA_VERSION,
            ladder: upcastLadder(document.ladder),
          },
  )
  .pipe(placement);

/** The document as it lies in the config table: one text, so that DynamoDB's types don't meet its numbers and lists. */
export const placementConfig = z.preprocess((value) => {
  const stored = z.object({ text: z.string() }).safeParse(value);
  if (!stored.success) return value;
  try {
    return JSON.parse(stored.data.text);
  } catch {
    return undefined;
  }
}, placementDocument);

/**
 * Content for the last rung. It needs as many items as the largest limit, so that an answer is full
 * even when it is all there is.
 */
export const staticContent = z.strictObject({
  schemaVersion: z.literal(1),
  id: placementId,
  items: z
    .array(staticItem)
    .min(LIMIT_MAX)
    .refine((items) => new Set(items.map(({ itemId }) => itemId)).size === items.length, {
      message: 'must not hold an item twice',
    }),
});
export type StaticContent = z.infer<typeof staticContent>;

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
