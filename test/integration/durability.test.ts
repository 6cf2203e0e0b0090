import { Analytics } from '@segment/analytics-node';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
  return () => test.stop();
});
afterEach(() => test.cloud.faults.liftAll());

const SEED = 20261123;
/** Under the profile's bound of remembered interactions, so that each event can be found in it. */
const EVENTS_OF_A_CUSTOMER = 100;

/** Within the ten seconds that sending takes. */
const KILLS = 15;

/** What a client was told of each event: by customer, the items whose event was acknowledged. */
interface Acknowledged {
  readonly items: Map<string, Set<string>>;
  readonly failures: unknown[];
}

/**
 * Sends events through the real SDK for Node, round and round over the customers; each is a view of an
 * item of its own, every tenth also an order. Resolves when the SDK has an answer for all.
 */
async function sendUnderLoad(customers: readonly string[], pauseMs: number): Promise<Acknowledged> {
  const { collector, writeKey } = test.cloud.connection;
  const analytics = new Analytics({
    writeKey,
    host: collector,
    flushAt: 15,
    flushInterval: 20,
    maxRetries: 50,
  });
  const told: Acknowledged = { items: new Map(), failures: [] };
  for (const customer of customers) told.items.set(customer, new Set());
  for (let number = 0; number < EVENTS_OF_A_CUSTOMER; number += 1) {
    for (const userId of customers) {
      const item = `${userId}-item-${number}`;
      const isOrder = number % 10 === 0;
      const event = isOrder ? 'Order Completed' : 'Product Viewed';
      const product = { product_id: item, price: 1, currency: 'EUR' };
      const properties = isOrder
        ? { order_id: `order-${item}`, revenue: 1, currency: 'EUR', products: [product] }
        : product;
      analytics.track({ userId, event, properties }, (error) => {
        if (error === undefined) told.items.get(userId)?.add(item);
        else told.failures.push(error);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await analytics.closeAndFlush({ timeout: 120_000 });
  return told;
}

/** Every acknowledged event is in its customer's profile, and counts once. */
async function expectExactlyOnce({ items, failures }: Acknowledged): Promise<void> {
  expect(failures).toEqual([]);
  for (const [customer, acknowledged] of items) {
    expect(acknowledged.size).toBe(EVENTS_OF_A_CUSTOMER);
    const profile = await eventually(
      `all events of ${customer}`,
      () => test.profileOf(customer),
      (found) => (found?.eventCount ?? 0) >= acknowledged.size,
    );
    expect(profile?.eventCount).toBe(acknowledged.size);
    expect(profile?.orders.count).toBe(EVENTS_OF_A_CUSTOMER / 10);
    expect(profile?.orders.revenueMinor).toEqual({ EUR: EVENTS_OF_A_CUSTOMER * 10 });
    const inProfile = new Set(profile?.recent.map(({ itemId }) => itemId));
    expect([...acknowledged].filter((item) => !inProfile.has(item))).toEqual([]);
  }
}

const people = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe('every acknowledged event is exactly once in effect', () => {
  it.each(['Collect', 'Enrich'])(
    'when the function %s is killed at random moments under load',
    async (killed) => {
      const random = seededRandom(SEED);
      const killing = (async () => {
        for (let kill = 0; kill < KILLS; kill += 1) {
          await new Promise((resolve) => setTimeout(resolve, 200 + random() * 800));
          test.cloud.functions.kill(killed);
        }
      })();
      const told = await sendUnderLoad(people(`killed-${killed}`, 12), 100);
      await killing;
      await expectExactlyOnce(told);
    },
    180_000,
  );

  it('when the stream throttles and fails in parts for a minute', async () => {
    let hits = 0;
    const onHit = () => {
      hits += 1;
    };
    const random = seededRandom(SEED);
    // Of three requests one is throttled and one loses half of its records.
    const { faults } = test.cloud;
    const injected = [
      faults.inject({
        service: 'kinesis',
        operation: 'PutRecords',
        when: () => random() < 1 / 3,
        action: { kind: 'throttle' },
        onHit,
      }),
      faults.inject({
        service: 'kinesis',
        when: () => random() < 1 / 2,
        action: { kind: 'partial', share: 0.5 },
        onHit,
      }),
    ];
    const minute = new Promise((resolve) => setTimeout(resolve, 60_000));
    const sending = sendUnderLoad(people('throttled', 12), 600);
    await minute;
    for (const fault of injected) fault.lift();
    const told = await sending;
    expect(hits).toBeGreaterThan(20);
    await expectExactlyOnce(told);
  }, 240_000);

  it('when batches come twice, in any order, from clocks that are hours off', async () => {
    const random = seededRandom(SEED);
    const userId = 'skewed';
    const startMs = Date.now() - 10 * 60_000;
    const batches = Array.from({ length: 20 }, (_, batch) => {
      const skewMs = Math.round((random() - 0.5) * 10 * 3_600_000);
      return () => ({
        // What the device's clock says, now and at the event.
        sentAt: new Date(Date.now() + skewMs).toISOString(),
        batch: Array.from({ length: 5 }, (_, index) => {
          const number = batch * 5 + index;
          return {
            type: 'track',
            userId,
            event: 'Product Viewed',
            messageId: `skewed-${number}`,
            timestamp: new Date(startMs + number * 1_000 + skewMs).toISOString(),
            properties: { product_id: `skewed-item-${number}` },
          };
        }),
      });
    });
    const sent = [...batches, ...batches, ...batches]
      .map((batch) => ({ batch, place: random() }))
      .toSorted((a, b) => a.place - b.place);
    for (const { batch } of sent) {
      const answer = await test.send('/v1/batch', batch());
      expect(answer.status).toBe(200);
    }
    const profile = await eventually(
      'all hundred events',
      () => test.profileOf(userId),
      (found) => (found?.eventCount ?? 0) >= 100,
    );
    expect(profile?.eventCount).toBe(100);
    const items = profile?.recent.map(({ itemId }) => itemId);
    expect(items).toHaveLength(100);
    // Five events of one batch keep their order exactly; between batches a request's time may lie.
    for (const [place, { timeMs }] of (profile?.recent ?? []).entries()) {
      const expectedMs = startMs + (99 - place) * 1_000;
      expect(Math.abs(timeMs - expectedMs)).toBeLessThan(5_000);
    }
  });
});
