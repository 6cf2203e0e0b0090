import { hash } from 'node:crypto';
import { type CollectedEvent, EVENT_SCHEMA_VERSION } from '../events/event.ts';
import { OWN_SOURCE } from '../profile/cart.ts';
import type { Profile } from '../profile/profile.ts';
import { hourOf, RECOMMENDATIONS_SERVED } from '../profile/shown.ts';
import { strongestIdentityOf } from '../profile/strongest-identity.ts';
import type { Placement } from '../ranking/placement.ts';
import type { Recommendation } from './recommendation.ts';

export interface Served {
  readonly recommendation: Recommendation;
  readonly placement: Placement;
  readonly profile: Pick<Profile, 'profileId' | 'identities'>;
  readonly nowMs: number;
}

/**
 * What has to be remembered of an answer: its items where the placement repeats nothing, its variant where the customer
 * is in an experiment; nothing of any other answer. An ESP that fetches the same again within the hour says the same
 * under the same message id, and it counts once.
 */
export function servedEvents(served: Served): CollectedEvent[] {
  const { recommendation, placement, profile, nowMs } = served;
  const identity = strongestIdentityOf(profile);
  if (identity === undefined) return [];
  const of = (event: string, properties: Record<string, unknown>): CollectedEvent => {
    const said = JSON.stringify([profile.profileId, event, hourOf(nowMs), properties]);
    const at = new Date(nowMs).toISOString();
    return {
      schemaVersion: EVENT_SCHEMA_VERSION,
      messageId: `served-${hash('sha256', said, 'base64url')}`,
      type: 'track',
      event,
      identities: [identity],
      source: OWN_SOURCE,
      timestamp: at,
      receivedAt: at,
      properties,
    };
  };
  const { experiment, variant } = recommendation;
  const events: CollectedEvent[] = [];
  if (placement.rules.noRepeatSends !== undefined) {
    const products = recommendation.items
      .filter(({ rung }) => rung !== 'static')
      .map(({ item_id }) => ({ product_id: item_id }));
    events.push(of(RECOMMENDATIONS_SERVED, { placement: placement.id, products }));
  }
  if (experiment !== '') {
    const named = { experiment_id: experiment, variation_id: variant };
    events.push(of('Block Served', { placement_id: placement.id, ...named }));
  }
  return events;
}
