import * as z from 'zod';

/** A product of the catalogue. Strings are empty, never absent, where the shop said nothing. */
export const item = z.object({
  itemId: z.string().min(1),
  title: z.string(),
  /** In major units (pounds, euros) as the shop sent it; null where unknown. */
  price: z.number().nullable(),
  /** ISO 4217, upper case; empty where unknown. */
  currency: z.string(),
  /** Its prices in other currencies, by ISO 4217 code, as the shop sent them: none is ever converted. */
  otherPrices: z.record(z.string(), z.number()).exactOptional(),
  url: z.string(),
  imageUrl: z.string(),
  category: z.string(),
  brand: z.string(),
  available: z.boolean(),
  /** For adults only, as the shop says; absent where it doesn't say so. */
  isAdult: z.boolean().exactOptional(),
  /** Event time of the latest statement that it is made of. */
  updatedAtMs: z.number(),
});
export type Item = z.infer<typeof item>;

/** The item with its price in this currency where the shop gave one, else as it is. */
export function inCurrency(of: Item, currency: string | undefined): Item {
  const price = currency === undefined ? undefined : of.otherPrices?.[currency];
  return price === undefined || currency === undefined ? of : { ...of, price, currency };
}
