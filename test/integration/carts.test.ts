import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCartOf } from '../../core/profile/cart.ts';
import { CART_DUE_INDEX, dueBuckets } from '../../core/profile/cart-due.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const MINUTE_MS = 60_000;

describe('carts in the local cloud', () => {
  let test: TestCloud;
  beforeAll(async () => {
    test = await startTestCloud();
  });
  afterAll(() => test?.stop());

  const said = (userId: string, event: string, minutesAgo: number, properties: object) => ({
    type: 'track',
    userId,
    event,
    timestamp: new Date(Date.now() - minutesAgo * MINUTE_MS).toISOString(),
    properties,
  });
  const added = (userId: string, minutesAgo: number) =>
    said(userId, 'Product Added', minutesAgo, { product_id: 'mug-blue' });

  async function sweep(): Promise<unknown> {
    const stateMachineArn = test.cloud.connection.resources.SweepCartsStateMachineArn ?? '';
    const { sfn } = test.clients;
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const ended = await eventually(
      'the end of the sweep',
      () => sfn.send(new DescribeExecutionCommand({ executionArn })),
      ({ status }) => status !== 'RUNNING',
    );
    expect(ended.status).toBe('SUCCEEDED');
    return JSON.parse(ended.output ?? '{}');
  }

  /** Ids in the buckets of the index that a sweep of now looks at. */
  async function indexed(): Promise<number> {
    const { dynamoDb } = test.clients;
    let count = 0;
    for (const bucket of dueBuckets(Date.now(), 0).slice(-5 * 8)) {
      const { Items = [] } = await dynamoDb.send(
        new QueryCommand({
          TableName: test.cloud.connection.resources.ProfilesTableName ?? '',
          IndexName: CART_DUE_INDEX,
          KeyConditionExpression: 'cartDue = :bucket',
          ExpressionAttributeValues: { ':bucket': { S: bucket } },
        }),
      );
      count += Items.length;
    }
    return count;
  }

  const folded = (userId: string, eventCount: number) =>
    eventually(
      `${eventCount} events of ${userId}`,
      () => test.profileOf(userId),
      (profile) => (profile?.eventCount ?? 0) >= eventCount,
    );

  it('that nobody touched for an hour are abandoned, once; ordered and fresh ones are not', async () => {
    const batch = [
      added('left', 125),
      added('ordered', 125),
      said('ordered', 'Order Completed', 100, { order_id: 'o-1', products: [] }),
      added('fresh', 5),
      said('viewer', 'Product Viewed', 125, { product_id: 'mug-blue' }),
    ];
    const answer = await test.send('/v1/import', { batch });
    expect(answer.status).toBe(200);
    await folded('left', 1);
    await folded('ordered', 2);
    await folded('fresh', 1);
    await folded('viewer', 1);

    await sweep();
    // Twice, as after a crash of the first: the same event under the same id.
    await sweep();
    const left = await eventually(
      'the cart that was left',
      () => test.profileOf('left'),
      (profile) => profile !== undefined && openCartOf(profile)?.isAbandoned === true,
    );
    expect(left?.eventCount).toBe(2);
    expect((await test.profileOf('ordered'))?.eventCount).toBe(2);
    expect((await test.profileOf('fresh'))?.eventCount).toBe(1);
    // Only the fresh cart is looked at from now on.
    expect(await indexed()).toBe(1);
    await sweep();
    expect((await test.profileOf('left'))?.eventCount).toBe(2);
  });
});
