import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evidence, isProven, withDelivery } from '../../core/profile/evidence.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { mergeProfiles } from '../../core/profile/merge-profiles.ts';
import { type Profile, profile } from '../../core/profile/profile.ts';
import { eventBy } from './event-arbitrary.ts';

const identities = [{ kind: 'userId' as const, key: 'k' }];
const event = eventBy(fc.constant(identities));
const start = newProfile('u_k', Date.UTC(2026, 0, 2));

const delivery = fc.record({
  lane: fc.constantFrom('a', 'b', 'c'),
  sequenceNumber: fc.integer({ min: 1, max: 2000 }).map(String),
  messageId: fc.integer({ min: 0, max: 400 }).map(String),
  arrivedAtMs: fc.integer({ min: 1.7e12, max: 1.7e12 + 500 }),
});
const evidence = fc
  .array(delivery, { maxLength: 40 })
  .map((deliveries) => deliveries.reduce<Evidence>(withDelivery, { lanes: {}, messages: '' }));

/** Different ids, as profiles to be merged have. */
function profileNamed(profileId: string): fc.Arbitrary<Profile> {
  return fc
    .tuple(fc.array(event, { minLength: 1, maxLength: 12 }), evidence)
    .map(([events, proof]) => ({
      ...events.reduce(foldEvent, newProfile(profileId, Date.parse(events[0]!.timestamp))),
      identities: [`anonymousId#${profileId}`],
      evidence: proof,
    }));
}

describe('a profile', () => {
  it('is the same whatever order its events came in', () => {
    const shuffled = fc
      .array(event, { maxLength: 30 })
      .chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        expect(others.reduce(foldEvent, start)).toEqual(events.reduce(foldEvent, start));
      }),
    );
  });

  it('always has the form that is stored', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        expect(profile.safeParse(events.reduce(foldEvent, start)).error).toBeUndefined();
      }),
    );
  });

  it('counts money exactly, as the sum of minor units', () => {
    const pence = fc.array(fc.integer({ min: 0, max: 1_000_000_00 }), { maxLength: 50 });
    fc.assert(
      fc.property(pence, (amounts) => {
        const folded = amounts.reduce(
          (state, amount) =>
            foldEvent(state, {
              schemaVersion: 1,
              type: 'track',
              event: 'Order Completed',
              messageId: 'm',
              identities,
              source: 's',
              timestamp: '2026-01-02T00:00:00Z',
              receivedAt: '2026-01-02T00:00:00Z',
              properties: { currency: 'GBP', revenue: amount / 100 },
            }),
          start,
        );
        const sum = amounts.reduce((total, amount) => total + amount, 0);
        expect(folded.orders.revenueMinor.GBP ?? 0).toBe(sum);
      }),
    );
  });
});

describe('merging profiles', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(profileNamed('a_1'), profileNamed('e_2'), (a, b) => {
        expect(mergeProfiles(a, b)).toEqual(mergeProfiles(b, a));
      }),
    );
  });

  it('is associative', () => {
    const three = fc.tuple(profileNamed('a_1'), profileNamed('e_2'), profileNamed('u_3'));
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        expect(mergeProfiles(mergeProfiles(a, b), c)).toEqual(
          mergeProfiles(a, mergeProfiles(b, c)),
        );
      }),
    );
  });

  it('changes nothing when a profile meets itself', () => {
    fc.assert(
      fc.property(profileNamed('a_1'), (a) => {
        expect(mergeProfiles(a, a)).toEqual(a);
      }),
    );
  });

  it('then folding is folding, then merging', () => {
    fc.assert(
      fc.property(profileNamed('a_1'), profileNamed('e_2'), event, (a, b, next) => {
        expect(foldEvent(mergeProfiles(a, b), next)).toEqual(mergeProfiles(foldEvent(a, next), b));
      }),
    );
  });
});

describe('evidence', () => {
  it('proves every delivery that went into it, within its bound', () => {
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 100 }), (deliveries) => {
        const proof = deliveries.reduce<Evidence>(withDelivery, { lanes: {}, messages: '' });
        for (const each of deliveries) expect(isProven(proof, each)).toBe(true);
      }),
    );
  });

  it('proves no message that never came, in a lane that has come less far', () => {
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 200 }), (deliveries) => {
        const proof = deliveries.reduce<Evidence>(withDelivery, { lanes: {}, messages: '' });
        const stranger = { lane: 'a', sequenceNumber: '9999', messageId: 'new', arrivedAtMs: 0 };
        expect(isProven(proof, stranger)).toBe(false);
      }),
    );
  });
});
