import * as z from 'zod';
import { itemIds, label } from './strategy.ts';

const DAYS_MAX = 3650;
/** Each is looked up for every candidate. */
const NAMED_MAX = 200;
const BOOSTS_MAX = 20;
const FACTOR_MAX = 10;
/** Sends that a profile remembers; see core/profile/shown.ts. */
const SENDS_MAX = 8;
const PINS_MAX = 8;

const labels = z.array(label).min(1).max(NAMED_MAX);

/**
 * Chosen items: by id, by brand, or by category, which also names what lies below it (`Toys` is also
 * `Toys > Trains`). Letter case doesn't matter for labels.
 */
const chosenFields = {
  items: itemIds(NAMED_MAX).optional(),
  brands: labels.optional(),
  categories: labels.optional(),
};
export const chosen = z.strictObject(chosenFields);
export type Chosen = z.infer<typeof chosen>;

/** What must never stand in a placement, and what should stand higher or lower. They hold at every rung. */
export const placementRules = z.strictObject({
  /** Leaves out what the customer bought within so many days, but for replenishment; 0 switches it off. */
  excludeBoughtWithinDays: z.int().nonnegative().max(DAYS_MAX),
  /** Leaves out items that the shop cannot sell now. */
  onlyAvailable: z.boolean(),
  /** Leaves out items without an image. */
  onlyWithImage: z.boolean(),
  /** Leaves out items without a price in the placement's currency; in any, where it names none. */
  onlyWithPrice: z.boolean().optional(),
  /** Shows items that the shop says are for adults only; they are left out by default. */
  admitAdult: z.boolean().optional(),
  /** Leaves these out: restricted categories, brands under a contract, single items. */
  exclude: chosen.optional(),
  /** Leaves out what costs less or more, in the placement's currency, and what has no such price. */
  price: z
    .strictObject({
      min: z.number().nonnegative().optional(),
      max: z.number().positive().optional(),
    })
    .refine(({ min = 0, max = Infinity }) => min <= max, { message: 'min must not be above max' })
    .optional(),
  /** Moves these up (a factor above 1) or down (below 1) among the items of one rung. */
  boost: z
    .array(z.strictObject({ ...chosenFields, factor: z.number().min(1).max(FACTOR_MAX) }))
    .max(BOOSTS_MAX)
    .optional(),
  bury: z
    .array(z.strictObject({ ...chosenFields, factor: z.number().positive().max(1) }))
    .max(BOOSTS_MAX)
    .optional(),
  /** Puts an item at a place, counted from 1, as long as the other rules admit it. */
  pin: z
    .array(z.strictObject({ itemId: z.string().min(1).max(200), place: z.int().min(1).max(24) }))
    .max(PINS_MAX)
    .refine((pins) => new Set(pins.map(({ place }) => place)).size === pins.length, {
      message: 'must not give a place twice',
    })
    .optional(),
  /** At most so many items of one category, unless nothing else is left; absent means any number. */
  categoryItemsMax: z.int().positive().optional(),
  /** The same for a brand. */
  brandItemsMax: z.int().positive().optional(),
  /** How much variety counts beside relevance, 0 to 1 (see diversify.ts); absent means not at all. */
  diversity: z.number().min(0).max(1).optional(),
  /** Leaves out what the customer was shown in so many sends before this one. */
  noRepeatSends: z.int().positive().max(SENDS_MAX).optional(),
});
export type PlacementRules = z.infer<typeof placementRules>;
