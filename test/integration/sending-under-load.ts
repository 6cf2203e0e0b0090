import { Analytics } from '@segment/analytics-node';
import { expect } from 'vitest';
import { eventually, type TestCloud } from './cloud.ts';

export const SEED = 20261123;
/** Under the profile's bound of remembered interactions, so that each event can be found in it. */
const EVENTS_OF_A_CUSTOMER = 100;

/** What a client was told of each event: by customer, the items whose event was acknowledged. */
export interface Acknowledged {
  readonly items: Map<string, Set<string>>;
  readonly failures: unknown[];
}

/**
 * Sends events through the real SDK for Node, round and round over the customers; each is a view of an
 * item of its own, every tenth also an order. Resolves when the SDK has an answer for all.
 */
export async function sendUnderLoad(
  test: TestCloud,
  customers: readonly string[],
  pauseMs: number,
): Promise<Acknowledged> {
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
export async function expectExactlyOnce(
  test: TestCloud,
  { items, failures }: Acknowledged,
): Promise<void> {
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

export const people = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
