import { randomUUID } from 'node:crypto';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
});
afterAll(() => test?.stop());
afterEach(() => test?.cloud.faults.liftAll());

function order(userId: string, orderId: string, itemId: string, messageId: string = randomUUID()) {
  return {
    type: 'track',
    event: 'Order Completed',
    userId,
    messageId,
    timestamp: new Date().toISOString(),
    properties: {
      order_id: orderId,
      currency: 'GBP',
      total: 10,
      products: [{ product_id: itemId, name: `Item ${itemId}`, price: 10, quantity: 1 }],
    },
  };
}

function viewed(userId: string, itemId: string, messageId: string = randomUUID()) {
  return {
    type: 'track',
    event: 'Product Viewed',
    userId,
    messageId,
    timestamp: new Date().toISOString(),
    properties: { product_id: itemId, name: `Item ${itemId}`, price: 5, currency: 'GBP' },
  };
}

async function acceptedByCollector(response: Promise<Response>): Promise<void> {
  expect((await response).status).toBe(200);
}

const eventCount = (userId: string) => async () => (await test.profileOf(userId))?.eventCount ?? 0;

describe('from an event over HTTP to a block', () => {
  it('a viewed item is in the next answer', async () => {
    await acceptedByCollector(test.send('/v1/track', viewed('anna', 'mug-1')));
    const answer = await eventually(
      'the viewed item in the answer',
      () => test.recommend('recently-viewed', 'anna'),
      ({ items }) => items[0]?.item_id === 'mug-1',
    );
    expect(answer.source).toBe('recent');
    expect(answer.items).toHaveLength(4);
  });

  it('a client that retries a batch counts once', async () => {
    const batch = { batch: [viewed('bert', 'a'), order('bert', 'o-bert-1', 'b')] };
    await acceptedByCollector(test.send('/v1/batch', batch));
    await acceptedByCollector(test.send('/v1/batch', batch));
    await acceptedByCollector(test.send('/v1/track', viewed('bert', 'last')));
    await eventually('three events in the profile', eventCount('bert'), (count) => count >= 3);
    const found = await test.profileOf('bert');
    expect(found?.eventCount).toBe(3);
    expect(found?.orders).toMatchObject({ count: 1, revenueMinor: { GBP: 1000 } });
  });

  it('one order under two message ids counts once', async () => {
    await acceptedByCollector(test.send('/v1/track', order('cleo', 'o-cleo-1', 'a')));
    await acceptedByCollector(test.send('/v1/track', order('cleo', 'o-cleo-1', 'a')));
    await acceptedByCollector(test.send('/v1/track', viewed('cleo', 'last')));
    await eventually(
      'the last event in the profile',
      async () => (await test.profileOf('cleo'))?.recent.some(({ itemId }) => itemId === 'last'),
      (isThere) => isThere === true,
    );
    expect((await test.profileOf('cleo'))?.orders.count).toBe(1);
  });

  it('what was done before signing in joins the profile', async () => {
    const anonymousId = randomUUID();
    const anonymous = { ...viewed('', 'before'), userId: undefined, anonymousId };
    await acceptedByCollector(test.send('/v1/track', anonymous));
    await acceptedByCollector(
      test.send('/v1/identify', {
        type: 'identify',
        userId: 'dora',
        anonymousId,
        traits: { email: 'dora@example.com', plan: 'gold' },
      }),
    );
    const found = await eventually(
      'the view before signing in',
      () => test.profileOf('dora'),
      (value) => value?.recent.some(({ itemId }) => itemId === 'before') === true,
    );
    expect(found?.identities).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('dora@example.com');
  });

  it('an invalid event is refused with its place, and the valid ones beside it go on', async () => {
    const response = await test.send('/v1/batch', {
      batch: [viewed('emil', 'a'), { ...viewed('emil', 'b'), event: undefined }],
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      success: true,
      accepted: 1,
      rejected: [{ index: 1, issues: [{ path: 'event' }] }],
    });
    const quarantined = await test.clients.s3.send(
      new ListObjectsV2Command({
        Bucket: test.cloud.connection.resources.QuarantineBucketName ?? '',
        Prefix: 'quarantine/',
      }),
    );
    expect(quarantined.KeyCount).toBeGreaterThan(0);
    await eventually('the valid one', eventCount('emil'), (count) => count === 1);
  });
});

describe('when something breaks', () => {
  it('a poison record goes to the failure bucket and blocks nobody', async () => {
    const { EventsStreamName = '', FailuresBucketName = '' } = test.cloud.connection.resources;
    await test.clients.kinesis.send(
      new PutRecordCommand({
        StreamName: EventsStreamName,
        PartitionKey: 'poison',
        Data: new TextEncoder().encode('{"this is": "not an event'),
      }),
    );
    await acceptedByCollector(test.send('/v1/track', viewed('fred', 'a')));
    await eventually('the event after the poison', eventCount('fred'), (count) => count === 1);
    const found = await eventually(
      'the poison in the failure bucket',
      () =>
        test.clients.s3.send(
          new ListObjectsV2Command({ Bucket: FailuresBucketName, Prefix: 'poison/' }),
        ),
      ({ KeyCount }) => (KeyCount ?? 0) > 0,
    );
    const object = await test.clients.s3.send(
      new GetObjectCommand({ Bucket: FailuresBucketName, Key: found.Contents?.[0]?.Key ?? '' }),
    );
    expect(await object.Body?.transformToString()).toContain(
      Buffer.from('{"this is": "not an event').toString('base64'),
    );
  });

  it('a handler that is killed between two writes loses nothing and doubles nothing', async () => {
    const people = Array.from({ length: 12 }, (_, index) => `crash-${index}`);
    const batch = people.flatMap((person) => [
      order(person, `o-${person}`, 'a'),
      viewed(person, 'b'),
    ]);
    // The third write of a profile is the last thing that the handler's process does.
    let writes = 0;
    const isWrite = (operation: string) =>
      operation === 'TransactWriteItems' || operation === 'PutItem';
    test.cloud.faults.inject({
      service: 'dynamodb',
      when: ({ operation }) => isWrite(operation) && ++writes === 3,
      action: { kind: 'refuse' },
      times: 1,
      onHit: () => test.cloud.functions.kill('Enrich'),
    });
    await acceptedByCollector(test.send('/v1/batch', { batch }));
    for (const person of people) {
      await eventually(`both events of ${person}`, eventCount(person), (count) => count >= 2);
      const found = await test.profileOf(person);
      expect(found?.eventCount).toBe(2);
      expect(found?.orders.count).toBe(1);
    }
    expect(writes).toBeGreaterThanOrEqual(3);
  });

  it('a store that throttles for a while delays events and loses none', async () => {
    test.cloud.faults.inject({
      service: 'dynamodb',
      operation: 'TransactWriteItems',
      action: { kind: 'throttle' },
      times: 5,
    });
    await acceptedByCollector(test.send('/v1/track', order('gina', 'o-gina-1', 'a')));
    await eventually('the order', eventCount('gina'), (count) => count === 1);
  });

  it('the collector acknowledges nothing while the stream is down', async () => {
    const fault = test.cloud.faults.inject({ service: 'kinesis', action: { kind: 'error' } });
    const refused = await test.send('/v1/track', viewed('hugo', 'a'));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    fault.lift();
    await acceptedByCollector(test.send('/v1/track', viewed('hugo', 'a')));
    await eventually('the retried event', eventCount('hugo'), (count) => count === 1);
  });

  it.each(['refuse', 'hang', 'throttle', 'error'] as const)(
    'with a store that answers with "%s" every placement still has a full block',
    async (kind) => {
      await acceptedByCollector(test.send('/v1/track', viewed('ida', 'a')));
      await eventually('the event', eventCount('ida'), (count) => count >= 1);
      test.cloud.faults.inject({ service: 'dynamodb', action: { kind } });
      for (const placement of ['for-you', 'recently-viewed', 'popular']) {
        const answer = await test.recommend(placement, 'ida');
        expect(answer.items).toHaveLength(4);
        expect(answer.source).not.toBe('personal');
      }
      const html = await test.fetchBlock('/v1/blocks/for-you.html?customer=ida');
      expect(html.status).toBe(200);
      expect(await html.text()).toContain('<table');
    },
  );
});

describe('who may ask', () => {
  it('an unknown write key is refused', async () => {
    const response = await fetch(`${test.cloud.connection.collector}/v1/track`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('nobody:').toString('base64')}` },
      body: JSON.stringify(viewed('anna', 'a')),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('a request for a block needs a key, and the right one', async () => {
    const url = `${test.cloud.connection.api}/v1/recommendations/popular`;
    expect((await fetch(url)).status).toBe(401);
    expect(
      (await fetch(url, { headers: { 'x-api-key': 'wrong-key-wrong-key-wrong' } })).status,
    ).toBe(403);
    const basic = Buffer.from(`${test.cloud.connection.apiKey}:`).toString('base64');
    expect((await fetch(url, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200);
  });
});
