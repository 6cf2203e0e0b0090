import * as z from 'zod';

/** A product of the catalogue. Strings are empty, never absent, where the shop said nothing. */
export const item = z.object({
  itemId: z.string().min(1),
  title: z.string(),
  /** In major units (pounds, euros) as the shop sent it; null where unknown. */
  price: z.number().nullable(),
  /** ISO 4217, upper case; empty where unknown. */
  currency: z.string(),
  url: z.string(),
  imageUrl: z.string(),
  category: z.string(),
  brand: z.string(),
  available: z.boolean(),
  /** Event time of the fact that last changed it. */
  updatedAtMs: z.number(),
});
export type Item = z.infer<typeof item>;
