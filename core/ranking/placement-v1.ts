import * as z from 'zod';
import type { Strategy } from './strategy.ts';
import { placementId, strategy } from './strategy.ts';

/**
 * The first form of a placement: five strategies, of which two had other names. It is read and brought
 * into today's form; nothing writes it any more.
 */
const strategyV1 = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('personal') }),
  z.strictObject({ kind: z.literal('recent'), withinDays: z.int().positive().max(3650) }),
  z.strictObject({ kind: z.literal('trending') }),
  z.strictObject({ kind: z.literal('popular') }),
  z.strictObject({ kind: z.literal('static'), content: placementId }),
]);

export const ladderV1 = z.array(strategyV1).min(1);

export const rulesV1 = z.strictObject({
  excludeBoughtWithinDays: z.int().nonnegative().max(3650),
  onlyAvailable: z.boolean(),
  onlyWithImage: z.boolean(),
  admitAdult: z.boolean().optional(),
  categoryItemsMax: z.int().positive().optional(),
});

const namesV1: Readonly<Record<string, string>> = {
  personal: 'for-you',
  recent: 'recently-viewed',
};

/** The same rungs by today's names. */
export function upcastLadder(ladder: z.infer<typeof ladderV1>): Strategy[] {
  return ladder.map((rung) => strategy.parse({ ...rung, kind: namesV1[rung.kind] ?? rung.kind }));
}
