import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addSource, failNextRequest } from '../support/sdk-source.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

/** As a CommonJS program has it; the package's types describe another module system. */
const RudderAnalytics = createRequire(import.meta.url)('@rudderstack/rudder-sdk-node');

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
});
afterAll(() => test?.stop());

describe('an unmodified RudderStack SDK for Node', () => {
  it('works by its host alone, gzipped under the type of a form', async () => {
    const writeKey = await addSource(test, { sourceId: 'back-office', priority: 200 });
    const client = new RudderAnalytics(writeKey, {
      dataPlaneUrl: test.cloud.connection.collector,
      flushAt: 3,
      logLevel: 'error',
    });
    client.identify({ userId: 'rudder-node', traits: { email: 'Rudder.Node@example.com' } });
    for (const number of [1, 2]) {
      client.track({
        userId: 'rudder-node',
        event: 'Product Viewed',
        properties: {
          product_id: `item-${number}`,
          name: `Item ${number}`,
          price: number,
          currency: 'EUR',
        },
        originalTimestamp: new Date(Date.UTC(2026, 0, number)),
      });
    }
    await client.flush();
    const found = await eventually(
      'all three calls',
      () => test.profileOf('rudder-node'),
      (profile) => profile?.eventCount === 3,
    );
    expect(found?.recent.map(({ itemId }) => itemId)).toEqual(['item-2', 'item-1']);
    expect(JSON.stringify(found)).toContain('back-office');
  });

  it('sends again what was answered 503', async () => {
    const client = new RudderAnalytics(test.cloud.connection.writeKey, {
      dataPlaneUrl: test.cloud.connection.collector,
      flushAt: 1,
      logLevel: 'error',
    });
    failNextRequest(test);
    client.track({ userId: 'rudder-patient', event: 'Quiz Finished' });
    await client.flush();
    await eventually(
      'the call that failed at first',
      () => test.profileOf('rudder-patient'),
      (profile) => profile?.eventCount === 1,
    );
  });
});
