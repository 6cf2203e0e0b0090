import * as z from 'zod';
import { CURRENCY_UNKNOWN, currencyOf } from './money.ts';
import type { Profile } from './profile.ts';

/**
 * Recency, frequency and monetary value of a customer's orders, each as it is and as a score from 1 to 5
 * by bands that a document states. Bands instead of quantiles: a score follows from the customer and the
 * document alone, and doesn't change because others ordered.
 */
export const RFM_SCHEMA_VERSION = 1;

const rising = z
  .tuple([z.number().positive(), z.number(), z.number(), z.number()])
  .refine((bounds) => bounds.every((bound, index) => bound > (bounds[index - 1] ?? 0)), {
    error: 'must be four rising numbers',
  });

/** The document of kind `rfm`, of which there is one: `default`. */
export const rfmBands = z.strictObject({
  schemaVersion: z.literal(RFM_SCHEMA_VERSION),
  /** Days since the last order up to which the score is 5, 4, 3 and 2. */
  recencyDays: rising,
  /** Orders from which the score is 2, 3, 4 and 5. */
  orderCounts: rising,
  /** The shop's currency and what was spent in it, in minor units, from which the score is 2, 3, 4 and 5. */
  spent: z
    .strictObject({
      currency: z
        .string()
        .refine((code) => currencyOf(code) === code && code !== CURRENCY_UNKNOWN, {
          error: 'must be a currency code of ISO 4217 in capitals, e.g. GBP',
        }),
      amountsMinor: rising,
    })
    .optional(),
});
export type RfmBands = z.infer<typeof rfmBands>;

export const defaultRfmBands: RfmBands = {
  schemaVersion: RFM_SCHEMA_VERSION,
  recencyDays: [30, 90, 180, 365],
  orderCounts: [2, 3, 5, 10],
};

export interface Rfm {
  readonly daysSinceOrder: number;
  readonly recency: number;
  readonly orderCount: number;
  readonly frequency: number;
  /** Net of refunds, in the shop's currency alone: amounts in two currencies never add up. */
  readonly spentMinor?: number;
  readonly monetary?: number;
}

const DAY_MS = 86_400_000;

/** Undefined before the first order; without the money where the bands name no currency. */
export function rfmOf(
  { orders }: Pick<Profile, 'orders'>,
  bands: RfmBands,
  nowMs: number,
): Rfm | undefined {
  if (orders.lastAtMs === undefined) return undefined;
  const daysSinceOrder = Math.max(0, Math.floor((nowMs - orders.lastAtMs) / DAY_MS));
  const base = {
    daysSinceOrder,
    recency: 5 - bands.recencyDays.filter((bound) => daysSinceOrder > bound).length,
    orderCount: orders.count,
    frequency: scoreFrom(bands.orderCounts, orders.count),
  };
  if (bands.spent === undefined) return base;
  const { currency, amountsMinor } = bands.spent;
  const spentMinor = (orders.revenueMinor[currency] ?? 0) - (orders.refundedMinor[currency] ?? 0);
  return { ...base, spentMinor, monetary: scoreFrom(amountsMinor, spentMinor) };
}

function scoreFrom(bounds: readonly number[], value: number): number {
  return 1 + bounds.filter((bound) => value >= bound).length;
}
