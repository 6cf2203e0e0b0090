import * as fc from 'fast-check';
import type { CollectedEvent } from '../../core/events/event.ts';

/** Events that say something of every part of a profile, few enough words that they meet each other. */

type Saying = Pick<CollectedEvent, 'type'> & Partial<CollectedEvent>;

const DAY_MS = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);

/** Few whole days too, so that statements meet at one moment. */
const timeMs = fc.oneof(
  fc.integer({ min: 0, max: 2 }).map((day) => startMs + day * DAY_MS),
  fc.integer({ min: startMs, max: startMs + 200 * DAY_MS }),
);

const product = fc.record({
  product_id: fc.constantFrom('mug', 'vase', 'lamp'),
  category: fc.constantFrom('Kitchen', 'Garden', undefined),
  brand: fc.constantFrom('Potters', undefined),
});

const track = (events: readonly string[], properties: fc.Arbitrary<Record<string, unknown>>) =>
  fc
    .tuple(fc.constantFrom(...events), properties)
    .map(([event, said]): Saying => ({ type: 'track', event, properties: said }));

const consent = fc.dictionary(
  fc.constantFrom('marketing', 'personalization', 'email_marketing', 'sms.analytics', 'unknown'),
  fc.boolean(),
);
const nestedConsent = fc.oneof(
  consent,
  fc.boolean(),
  fc.record({ email: consent, sms: fc.constantFrom(true, { marketing: false }) }),
);
const answers = fc.dictionary(
  fc.constantFrom('size', 'colour', 'frequency'),
  fc.oneof(fc.constantFrom('s', 'm', ['a', 'b'], true, null), fc.integer({ min: 0, max: 2 })),
);

const saying: fc.Arbitrary<Saying> = fc.oneof(
  track(['Product Viewed', 'Product Added', 'Product Removed'], product),
  track(
    ['Order Completed', 'Cart Viewed', 'Checkout Started'],
    fc.record({
      products: fc.array(product, { maxLength: 3 }),
      revenue: fc.integer({ min: 0, max: 50 }),
      currency: fc.constantFrom('GBP', 'EUR'),
    }),
  ),
  track(['Page Left', 'Product Viewed'], fc.record({ duration: fc.constantFrom(3, 8.4, 1e9, -1) })),
  track(
    ['Email Bounced', 'Email Suppressed'],
    fc.record({ bounce_type: fc.constantFrom('hard', 'soft', 'Permanent') }),
  ),
  track(
    ['Unsubscribed', 'Email Marked as Spam', 'Email Resubscribed', 'Email Sent', 'Email Opened'],
    fc.constant({}),
  ),
  track(
    ['Experiment Viewed', 'Block Served'],
    fc.record({
      experiment_id: fc.constantFrom('hero', 'cart', 'Not an id', undefined),
      variation_id: fc.constantFrom('a', 'b'),
    }),
  ),
  fc.record({ products: fc.array(product, { maxLength: 3 }) }).map(
    (properties): Saying => ({
      type: 'track',
      event: 'Recommendations Served',
      source: 'kindred',
      properties,
    }),
  ),
  track(['Preferences Updated'], fc.record({ preferences: answers, consent: nestedConsent })),
  track(
    ['Survey Answered'],
    fc.record({
      survey_id: fc.constantFrom('spring', 'autumn'),
      answers: fc.array(
        fc.record({ question_id: fc.constantFrom('q1', 'q2'), answer: fc.constantFrom('x', 7) }),
        { maxLength: 3 },
      ),
    }),
  ),
  fc
    .record({
      sourcePriority: fc.constantFrom(50, 100),
      traits: fc.record(
        {
          plan: fc.constantFrom('gold', 'silver', 7, null),
          city: fc.constantFrom('Bath', 'Hull', 'York'),
          consent: nestedConsent,
          preferences: answers,
        },
        { requiredKeys: [] },
      ),
    })
    .map((said): Saying => ({ type: 'identify', ...said })),
  fc
    .record({ consent: fc.record({ categoryPreferences: consent }) })
    .map((context): Saying => ({ type: 'page', context })),
);

/** Events by one user, some of them dated far after their receipt. */
export const profileEvent: fc.Arbitrary<CollectedEvent> = fc
  .tuple(saying, timeMs, fc.constantFrom(0, 0, 0, 400 * DAY_MS), fc.constantFrom('site', 'crm'))
  .map(([said, receivedMs, aheadMs, source]) => ({
    schemaVersion: 1 as const,
    messageId: 'm',
    identities: [{ kind: 'userId' as const, key: 'k' }],
    source,
    timestamp: new Date(receivedMs + aheadMs).toISOString(),
    receivedAt: new Date(receivedMs).toISOString(),
    ...said,
  }));

/** The same events in two orders. */
export const twoOrders = fc
  .array(profileEvent, { maxLength: 25 })
  .chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
    ),
  );
