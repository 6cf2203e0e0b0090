import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emailSha256 } from '../../core/identity/identity-key.ts';
import { addSource, failNextRequest } from '../support/sdk-source.ts';
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

  it('sends again what was answered 503 after the time that the answer named, once in effect', async () => {
    const { collector, writeKey } = test.cloud.connection;
    const analytics = new Analytics({ writeKey, host: collector, flushAt: 1 });
    let requestCount = 0;
    analytics.on('http_request', () => {
      requestCount += 1;
    });
    failNextRequest(test);
    analytics.track({ userId: 'sdk-patient', event: 'Quiz Finished' });
    await analytics.closeAndFlush({ timeout: 30_000 });
    await eventually(
      'the call that failed at first',
      () => test.profileOf('sdk-patient'),
      (profile) => profile?.eventCount === 1,
    );
    expect(requestCount).toBe(2);
  });

  it('is slowed down, not robbed, by a source’s limit', async () => {
    const writeKey = await addSource(test, { sourceId: 'slow', eventsPerSecondMax: 10 });
    const analytics = new Analytics({
      writeKey,
      host: test.cloud.connection.collector,
      flushAt: 20,
    });
    const failures: unknown[] = [];
    analytics.on('error', (error) => failures.push(error));
    let requestCount = 0;
    analytics.on('http_request', () => {
      requestCount += 1;
    });
    for (let number = 0; number < 60; number += 1) {
      analytics.track({ userId: 'sdk-slow', event: 'Quiz Finished', properties: { number } });
    }
    await analytics.closeAndFlush({ timeout: 40_000 });
    expect(failures).toEqual([]);
    // Three batches, the third of which is over the limit at first.
    expect(requestCount).toBeGreaterThan(3);
    await eventually(
      'all sixty calls',
      () => test.profileOf('sdk-slow'),
      (profile) => profile?.eventCount === 60,
    );
  });
});
