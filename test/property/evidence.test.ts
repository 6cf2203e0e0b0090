import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  combineEvidence,
  type Delivery,
  type Evidence,
  isProven,
  withDelivery,
} from '../../core/profile/evidence.ts';

/** So many are remembered whatever the minutes they came in; see message-marks.ts. */
const MESSAGES_MIN = 64;

const none: Evidence = { lanes: {}, messages: '' };

const delivery: fc.Arbitrary<Delivery> = fc.record({
  lane: fc.constantFrom('', 'lane-a', 'lane-b', 'lane-c'),
  sequenceNumber: fc.bigInt({ min: 1n, max: 10n ** 21n }).map(String),
  messageId: fc.integer({ min: 0, max: 300 }).map((number) => `message-${number}`),
  arrivedAtMs: fc.integer({ min: 1_790_000_000_000, max: 1_790_000_000_500 }),
});

describe('evidence', () => {
  it('of deliveries one by one is that of all their proofs combined, in any order', () => {
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 200 }), fc.array(fc.nat()), (all, keys) => {
        const oneByOne = all.reduce(withDelivery, none);
        const shuffled = all
          .map((each, index) => ({ each, key: keys[index] ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ each }) => each);
        const halves = [shuffled.slice(0, all.length / 2), shuffled.slice(all.length / 2)];
        const [a = none, b = none] = halves.map((half) => half.reduce(withDelivery, none));
        const combined = combineEvidence(a, b);
        expect(new Map(Object.entries(combined.lanes))).toEqual(
          new Map(Object.entries(oneByOne.lanes)),
        );
        expect(combined.messages).toBe(oneByOne.messages);
      }),
      { numRuns: 300 },
    );
  });

  it('knows the newest messages again, under whatever sequence number', () => {
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: MESSAGES_MIN }), (all) => {
        const evidence = all.reduce(withDelivery, none);
        for (const each of all) {
          const resent = { ...each, lane: 'another', sequenceNumber: '1' };
          expect(isProven(evidence, resent)).toBe(true);
        }
        expect(
          isProven(evidence, { ...(all[0] ?? someDelivery), messageId: 'new', lane: '' }),
        ).toBe(false);
      }),
    );
  });
});

const someDelivery: Delivery = { lane: '', sequenceNumber: '1', messageId: '', arrivedAtMs: 0 };
