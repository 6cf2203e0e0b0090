import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emailSha256 } from '../../core/identity/identity-key.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
});
afterAll(() => test?.stop());

describe('an unmodified Segment SDK for Node', () => {
  it('works by its host alone, and its customer is found by the hash of the email', async () => {
    const { collector, writeKey } = test.cloud.connection;
    const analytics = new Analytics({ writeKey, host: collector, flushAt: 5 });
    const failures: unknown[] = [];
    analytics.on('error', (error) => failures.push(error));
    for (const number of [1, 2, 3, 4, 5, 6, 7]) {
      analytics.track({
        userId: 'sdk-user',
        event: 'Product Viewed',
        properties: {
          product_id: `item-${number}`,
          name: `Item ${number}`,
          price: number,
          currency: 'EUR',
        },
        timestamp: new Date(Date.UTC(2026, 0, number)),
      });
    }
    analytics.identify({ userId: 'sdk-user', traits: { email: 'Sdk.User@example.com' } });
    await analytics.closeAndFlush();
    expect(failures).toEqual([]);

    const found = await eventually(
      'all eight calls',
      () => test.profileOf('sdk-user'),
      (profile) => profile?.eventCount === 8,
    );
    expect(found?.recent[0]?.itemId).toBe('item-7');
    const answer = await test.recommend('recently-viewed', emailSha256('sdk.user@example.com'), 3);
    expect(answer.items.map(({ item_id }) => item_id)).toEqual(['item-7', 'item-6', 'item-5']);
  });
});
