import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const SEGMENT = join(root, 'examples', 'segments', 'kitchen-lovers.json');

describe('segments of customers', () => {
  let test: TestCloud;
  let folder: string;
  beforeAll(async () => {
    test = await startTestCloud();
    folder = await mkdtemp(join(tmpdir(), 'kindred-segments-'));
    const { connection } = test.cloud;
    await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  });
  afterAll(async () => {
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const shell = (line: string) => kindredShell(line, folder);
  const shown = async (userId: string) =>
    JSON.parse(await shell(`npx kindred customer show --customer ${userId}`));

  it('are documents that come back as they were put', async () => {
    await shell(`npx kindred config put segment ${SEGMENT}`);
    const stored = JSON.parse(await shell('npx kindred config get segment kitchen-lovers'));
    expect(stored).toEqual(JSON.parse(await readFile(SEGMENT, 'utf8')));
  });

  it('are told of a customer, with all that follows from the profile now', async () => {
    const product = { product_id: 'mug-blue', category: 'Kitchen', price: 9, quantity: 1 };
    const said = (userId: string, number: number, more: object) => ({
      type: 'track',
      userId,
      event: 'Order Completed',
      messageId: `${userId}-${number}`,
      properties: { order_id: `${userId}-${number}`, currency: 'GBP', total: 9, ...more },
    });
    for (const number of [1, 2, 3]) {
      await test.send('/v1/track', said('anna', number, { products: [product] }));
    }
    await test.send('/v1/track', said('bert', 1, { products: [] }));
    for (const [userId, eventCount] of [['anna', 3] as const, ['bert', 1] as const]) {
      await eventually(
        `the orders of ${userId}`,
        async () => (await test.profileOf(userId))?.eventCount,
        (count) => count === eventCount,
      );
    }
    expect((await shown('anna')).derived).toEqual({
      segments: ['kitchen-lovers'],
      unusableSegments: [],
      rfm: { daysSinceOrder: 0, recency: 5, orderCount: 3, frequency: 3 },
      nextPurchase: null,
      mayPersonalize: true,
    });
    expect((await shown('bert')).derived).toMatchObject({ segments: [] });
  });

  it('do not hide that one of them can’t be used', async () => {
    const { dynamoDb } = test.clients;
    const TableName = test.cloud.connection.resources.ConfigTableName ?? '';
    const Item = { kind: { S: 'segment' }, id: { S: 'of-later' }, schemaVersion: { N: '9' } };
    await dynamoDb.send(new PutItemCommand({ TableName, Item }));
    expect((await shown('anna')).derived).toMatchObject({
      segments: ['kitchen-lovers'],
      unusableSegments: ['of-later'],
    });
  });
});
