import * as fc from 'fast-check';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';

/** Few enough that events meet each other. */
const itemIds = ['mug', 'vase', 'lamp', 'rug'];
const timesMs = { min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 3) };

type Saying = Pick<CollectedEvent, 'type'> & Partial<CollectedEvent>;

const product = fc.record({
  product_id: fc.constantFrom(...itemIds),
  price: fc.integer({ min: 0, max: 5000 }).map((pence) => pence / 100),
  quantity: fc.integer({ min: 1, max: 3 }),
});

const productEvent: fc.Arbitrary<Saying> = fc
  .tuple(fc.constantFrom('Product Viewed', 'Product Added', 'Product Removed'), product)
  .map(([event, properties]) => ({ type: 'track', event, properties }));

const orderEvent: fc.Arbitrary<Saying> = fc
  .record({
    event: fc.constantFrom('Order Completed', 'Order Refunded', 'Order Cancelled'),
    currency: fc.constantFrom('GBP', 'JPY', undefined),
    total: fc.integer({ min: 0, max: 100_000 }).map((pence) => pence / 100),
    products: fc.array(product, { maxLength: 3 }),
  })
  .map(({ event, ...properties }) => ({ type: 'track', event, properties }));

const identifyEvent: fc.Arbitrary<Saying> = fc
  .record({
    sourcePriority: fc.constantFrom(50, 100),
    consent: fc.constantFrom(true, false, undefined),
    traits: fc.dictionary(
      fc.constantFrom('plan', 'city', 'age'),
      fc.oneof(
        fc.constantFrom('gold', 'silver'),
        fc.integer({ min: 1, max: 3 }),
        fc.constant(null),
      ),
    ),
  })
  .map(({ sourcePriority, consent, traits }) => ({
    type: 'identify',
    sourcePriority,
    traits: { ...traits, ...(consent !== undefined && { consent }) },
  }));

const otherEvent: fc.Arbitrary<Saying> = fc.constantFrom<Saying>(
  { type: 'page' },
  { type: 'alias' },
  { type: 'track', event: 'Email Opened' },
  { type: 'track', event: 'Email Opened', properties: { machine_open: true } },
  { type: 'track', event: 'Email Link Clicked' },
);

/** Events by these identities, all under one message id, which the test replaces. */
export function eventBy(identities: fc.Arbitrary<Identity[]>): fc.Arbitrary<CollectedEvent> {
  return fc
    .tuple(
      fc.oneof(productEvent, orderEvent, identifyEvent, otherEvent),
      fc.integer(timesMs),
      fc.constantFrom('website', 'crm'),
      identities,
    )
    .map(([said, timeMs, source, by]) => ({
      schemaVersion: 1 as const,
      messageId: 'm',
      identities: by,
      source,
      timestamp: new Date(timeMs).toISOString(),
      receivedAt: new Date(timeMs).toISOString(),
      ...said,
    }));
}
