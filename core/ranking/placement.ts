import * as z from 'zod';
import { item } from '../catalogue/item.ts';

/**
 * A placement: a slot in an email. Its document says which strategies may fill the slot and in which
 * order (the ladder), what must never stand in it (the rules), how many items it takes, for how long
 * an answer may be kept, and what is shown when everything else fails. Documents are data: strict, so
 * that a misspelt key is refused instead of ignored, and versioned, so that a form that this code
 * doesn't know is refused too.
 */
export const PLACEMENT_SCHEMA_VERSION = 1;

/** Every strategy, best first; also the `source` of an answer. */
export const strategyKinds = ['personal', 'recent', 'trending', 'popular', 'static'] as const;
export type StrategyKind = (typeof strategyKinds)[number];

/** Ids stand in URLs and in metrics' logs: short, and too narrow to hold an address. */
export const placementId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** Two dozen fill the longest email; an ESP's 1 MB limit is far away. */
export const LIMIT_MAX = 24;

const daysMax = 3650;

/** One rung of a ladder. */
export const strategy = z.discriminatedUnion('kind', [
  /** Items that the model finds similar to what the customer did. */
  z.strictObject({ kind: z.literal('personal') }),
  /** Items that the customer viewed or put in the basket within the window, newest first. */
  z.strictObject({
    kind: z.literal('recent'),
    withinDays: z.number().int().positive().max(daysMax),
  }),
  /** Items whose demand rises fastest. */
  z.strictObject({ kind: z.literal('trending') }),
  /** Items in most demand. */
  z.strictObject({ kind: z.literal('popular') }),
  /** The content document of this name, bundled with the function. */
  z.strictObject({ kind: z.literal('static'), content: placementId }),
]);
export type Strategy = z.infer<typeof strategy>;

export const placementRules = z.strictObject({
  /** Leaves out what the customer bought within so many days; 0 switches the rule off. */
  excludeBoughtWithinDays: z.number().int().nonnegative().max(daysMax),
  /** Leaves out items that the shop cannot sell now. */
  onlyAvailable: z.boolean(),
  /** Leaves out items without an image. */
  onlyWithImage: z.boolean(),
  /** Shows items that the shop says are for adults only; they are left out by default. */
  admitAdult: z.boolean().optional(),
  /** At most so many items of one category, unless nothing else is left; absent means any number. */
  categoryItemsMax: z.number().int().positive().optional(),
});
export type PlacementRules = z.infer<typeof placementRules>;

/** The largest image that email clients show as it is, at twice the density. */
const IMAGE_PX_MAX = 1_200;

export const placement = z
  .strictObject({
    schemaVersion: z.literal(PLACEMENT_SCHEMA_VERSION),
    id: placementId,
    /** Counted up by whoever edits the document; part of what identifies an answer. */
    version: z.number().int().positive(),
    /** The line above the rendered block. */
    heading: z.string().min(1).max(200),
    /** BCP 47 tag by which prices are written, e.g. `en-GB` for £12.50. */
    locale: z.string().refine(isLocale, { message: 'must be a language tag such as en-GB' }),
    ladder: z.array(strategy).min(1),
    /** ISO 4217: prices are shown in it where the shop gave one; else in the item's own currency. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .optional(),
    rules: placementRules,
    limit: z.strictObject({
      default: z.number().int().positive().max(LIMIT_MAX),
      max: z.number().int().positive().max(LIMIT_MAX),
    }),
    /** How long an ESP may keep an answer; Braze keeps one for five minutes whatever we say. */
    maxAgeSeconds: z.number().int().nonnegative().max(86_400),
    /** The template that renders the block; absent means the one that comes with Kindred. */
    template: placementId.optional(),
    /** Size of the images that are drawn for it; absent means the renderer's own. */
    image: z
      .strictObject({
        widthPx: z.int().min(50).max(IMAGE_PX_MAX),
        heightPx: z.int().min(50).max(IMAGE_PX_MAX),
      })
      .optional(),
  })
  .refine((document) => document.limit.default <= document.limit.max, {
    path: ['limit', 'default'],
    message: 'must not be above limit.max',
  })
  .refine((document) => document.ladder.at(-1)?.kind === 'static', {
    path: ['ladder'],
    message: 'must end in a static rung, so that no answer is ever empty',
  })
  .refine(
    (document) => new Set(document.ladder.map(({ kind }) => kind)).size === document.ladder.length,
    { path: ['ladder'], message: 'must not hold a strategy twice' },
  );
export type Placement = z.infer<typeof placement>;

/**
 * Content for the last rung. It needs as many items as the largest limit, so that an answer is full
 * even when it is all there is.
 */
export const staticContent = z.strictObject({
  schemaVersion: z.literal(PLACEMENT_SCHEMA_VERSION),
  id: placementId,
  items: z
    .array(
      z.strictObject({
        ...item.pick({ itemId: true, title: true, url: true, imageUrl: true }).shape,
        /** The line under the title. */
        reason: z.string(),
      }),
    )
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
