import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import { checkTraits, type RefusedTrait, type TraitTypes } from '../../core/profile/trait-types.ts';

/** Events as they may be folded, and the traits that were taken out of them. */
export interface DeclaredDeliveries {
  readonly deliveries: readonly DeliveredEvent[];
  readonly refusedTraits: readonly RefusedTrait[];
}

/** Takes traits of another type than declared out of the events; asks for the types only where traits come. */
export async function withDeclaredTraits(
  deliveries: readonly DeliveredEvent[],
  readTypes: (() => Promise<TraitTypes>) | undefined,
): Promise<DeclaredDeliveries> {
  const states = deliveries.some(({ event }) => event.type === 'identify');
  if (!states || readTypes === undefined) return { deliveries, refusedTraits: [] };
  const types = await readTypes();
  const refusedTraits: RefusedTrait[] = [];
  const checked = deliveries.map((delivered) => {
    const { event, refused } = checkTraits(delivered.event, types);
    refusedTraits.push(...refused);
    return refused.length === 0 ? delivered : { ...delivered, event };
  });
  return { deliveries: checked, refusedTraits };
}
