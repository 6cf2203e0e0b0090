import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientReads } from '../../adapters/dynamodb/client-reads.ts';
import { readProfile } from '../../adapters/dynamodb/customer-reader.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { BatchAnswer } from '../../lambdas/enrich/enrich-event.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { Faults } from '../../local/faults.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from '../unit/event-maker.ts';

type Handler = (event: KinesisStreamEvent) => Promise<BatchAnswer>;

const keys = { profiles: 'profileId', identities: 'identity', dedupe: 'key', catalogue: 'itemId' };
const bucket = 'failures';
const faults = new Faults();
let folder: string;
let dynamoEngine: DynamoDbEngine;
let s3Engine: S3Engine;
let dynamoDb: DynamoDBClient;
let s3: S3Client;
let handler: Handler;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-enrich-'));
  dynamoEngine = await startDynamoDbEngine({ faults });
  s3Engine = await startS3Engine({ faults, directory: folder });
  const settings = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoEngine.endpoint,
    AWS_ENDPOINT_URL_S3: s3Engine.endpoint,
    PROFILES_TABLE: 'profiles',
    IDENTITIES_TABLE: 'identities',
    DEDUPE_TABLE: 'dedupe',
    CATALOGUE_TABLE: 'catalogue',
    FAILURES_BUCKET: bucket,
    INSPECTOR_TABLE: 'inspector',
    PROFILE_RETENTION_DAYS: '1095',
    CONFIG_TABLE: 'config',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  dynamoDb = new DynamoDBClient({});
  s3 = new S3Client({ forcePathStyle: true });
  for (const [TableName, keyName] of Object.entries(keys)) {
    await dynamoDb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
      }),
    );
  }
  await dynamoDb.send(
    new CreateTableCommand({
      TableName: 'config',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['kind', 'id'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'kind', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
    }),
  );
  await dynamoDb.send(
    new PutItemCommand({
      TableName: 'config',
      Item: marshall({
        ...{ kind: 'traitTypes', id: 'default' },
        ...{ schemaVersion: 1, types: { shoe_size: 'number' } },
      }),
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  ({ handler } = await import('../../lambdas/enrich/enrich.ts'));
});

afterEach(() => faults.liftAll());

afterAll(async () => {
  dynamoDb.destroy();
  s3.destroy();
  await dynamoEngine.stop();
  await s3Engine.stop();
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

let sequence = 10n ** 55n;
/** Each test has customers of its own. */
let customer = '';
beforeEach((context) => {
  customer = createHash('sha256').update(context.task.id).digest('base64url').slice(0, 10);
});

const user = (name: string): Identity => ({ kind: 'userId', key: `${customer}-${name}` });
const device = (name: string): Identity => ({ kind: 'anonymousId', key: `${customer}-${name}` });

function put(event: CollectedEvent): KinesisStreamRecord {
  sequence += 1n;
  const partitionKey = strongestFirst(event.identities)[0]!;
  return recordOf(event, partitionKey, String(sequence), Date.UTC(2026, 0, 2));
}

let messageCount = 0;
function said(by: Identity[], event: string, properties = {}): CollectedEvent {
  messageCount += 1;
  return trackEvent(event, { identities: by, messageId: `message-${messageCount}`, properties });
}

const viewed = (by: Identity[], itemId: string) =>
  said(by, 'Product Viewed', { product_id: itemId, name: `The ${itemId}`, price: 5 });
const ordered = (by: Identity[], orderId: string) =>
  said(by, 'Order Completed', {
    order_id: `${customer}-${orderId}`,
    currency: 'GBP',
    revenue: 10,
    products: [{ product_id: 'mug', price: 10 }],
  });

async function deliver(records: KinesisStreamRecord[]): Promise<string[]> {
  const { batchItemFailures } = await handler({ Records: records });
  return batchItemFailures.map(({ itemIdentifier }) => String(itemIdentifier));
}

async function itemAt(table: keyof typeof keys, key: string) {
  const answer = await dynamoDb.send(
    new GetItemCommand({ TableName: table, Key: marshall({ [keys[table]]: key }) }),
  );
  return answer.Item === undefined ? undefined : unmarshall(answer.Item);
}

async function profileAt(identity: Identity): Promise<Profile> {
  const link = await itemAt('identities', `${identity.kind}#${identity.key}`);
  const reads = clientReads(dynamoDb);
  const tables = { reads, identitiesTable: 'identities', profilesTable: 'profiles' };
  const found = await readProfile(tables, link?.profileId, AbortSignal.timeout(10_000));
  if (found === undefined) throw new Error('there is no such profile');
  return found;
}

async function tablesAsTheyAre(): Promise<Record<string, AttributeValue>[][]> {
  return Promise.all(
    Object.keys(keys).map(async (TableName) => {
      const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName }));
      return Items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }),
  );
}

describe('the enrich function on its stores', () => {
  it('takes events into profile, identities and catalogue', async () => {
    const anna = user('anna');
    expect(await deliver([put(viewed([anna], 'vase')), put(ordered([anna], 'o1'))])).toEqual([]);
    expect(await profileAt(anna)).toMatchObject({
      profileId: `u_${anna.key}`,
      version: 1,
      eventCount: 2,
      identities: [`userId#${anna.key}`],
      orders: { count: 1, revenueMinor: { GBP: 1000 } },
      recent: [
        { itemId: 'mug', kind: 'purchase' },
        { itemId: 'vase', kind: 'view' },
      ],
    });
    expect(await itemAt('catalogue', 'vase')).toMatchObject({ title: 'The vase', source: 'page' });
    const claim = await itemAt('dedupe', `order#completed#${customer}-o1`);
    expect(claim?.expiresAt).toBe(Date.UTC(2026, 0, 2) / 1000 + 400 * 86_400);
  });

  it('changes nothing at all when a batch is delivered again', async () => {
    const bert = user('bert');
    const batch = [
      put(viewed([bert], 'vase')),
      put(ordered([bert], 'o1')),
      put(viewed([bert], 'mug')),
    ];
    await deliver(batch);
    const before = await tablesAsTheyAre();
    expect(await deliver(batch)).toEqual([]);
    expect(await deliver(batch.slice(1))).toEqual([]);
    expect(await tablesAsTheyAre()).toEqual(before);
  });

  it('counts a message that its client sent again once, and an order under two messages once', async () => {
    const cleo = user('cleo');
    const view = viewed([cleo], 'vase');
    await deliver([put(view), put(ordered([cleo], 'o1'))]);
    await deliver([put(view), put(ordered([cleo], 'o1')), put(ordered([cleo], 'o2'))]);
    const found = await profileAt(cleo);
    expect(found.eventCount).toBe(3);
    expect(found.orders).toMatchObject({ count: 2, revenueMinor: { GBP: 2000 } });
  });

  it('loses and doubles nothing when it dies between two writes', async () => {
    const people = Array.from({ length: 12 }, (_, index) => user(`crash-${index}`));
    const batch = people.flatMap((person, index) => [
      put(ordered([person], `o-${index}`)),
      put(viewed([person], 'vase')),
    ]);
    let writeCount = 0;
    const isWrite = (operation: string) => /^(PutItem|TransactWriteItems)$/.test(operation);
    // From the sixth write on nothing gets through, as for a process that is gone.
    const death = faults.inject({
      service: 'dynamodb',
      action: { kind: 'refuse' },
      when: ({ operation }) => (isWrite(operation) ? ++writeCount > 5 : writeCount > 5),
    });
    const failed = await deliver(batch);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(batch.length);
    death.lift();
    const lowest = batch.findIndex(({ kinesis }) => kinesis.sequenceNumber === failed[0]);
    expect(await deliver(batch.slice(lowest))).toEqual([]);
    for (const person of people) {
      expect(await profileAt(person)).toMatchObject({ eventCount: 2, orders: { count: 1 } });
    }
  });

  it('lets two consumers of the same records end where one would', async () => {
    const people = Array.from({ length: 20 }, (_, index) => user(`race-${index}`));
    const shared = device('shared');
    const batch = people.flatMap((person, index) => [
      put(ordered([person, shared], `o-${index}`)),
      put(viewed([person], 'vase')),
      put(viewed([person, device(`own-${index}`)], 'mug')),
    ]);
    const reports = await Promise.all([deliver(batch), deliver(batch), deliver(batch.slice(10))]);
    if (reports.flat().length > 0) expect(await deliver(batch)).toEqual([]);
    for (const person of people) {
      expect(await profileAt(person)).toMatchObject({ eventCount: 3, orders: { count: 1 } });
    }
  });

  it('loses no event of one customer that two consumers take in at once', async () => {
    const [jane, phone] = [user('jane'), device('phone')];
    await deliver([put(said([jane, phone], 'Any'))]);
    // Two partition keys of one profile: Lambda runs them side by side, and each in its order.
    const deliverInOrder = async (by: Identity) => {
      for (let index = 0; index < 8; index += 1) {
        const batch = [put(viewed([by], 'vase'))];
        while ((await deliver(batch)).length > 0);
      }
    };
    await Promise.all([deliverInOrder(jane), deliverInOrder(phone)]);
    expect(await profileAt(jane)).toMatchObject({ eventCount: 17, version: 17 });
  });

  it('joins what was done before signing in, and leaves a tombstone', async () => {
    const [dora, phone] = [user('dora'), device('phone')];
    await deliver([put(viewed([phone], 'vase')), put(ordered([phone], 'o1'))]);
    await deliver([put(said([dora], 'Any')), put(said([dora, phone], 'Signed In'))]);
    await deliver([put(viewed([phone], 'mug'))]);
    const found = await profileAt(dora);
    expect(found).toMatchObject({ eventCount: 5, orders: { count: 1 } });
    expect(found.identities).toEqual([`anonymousId#${phone.key}`, `userId#${dora.key}`]);
    expect(await profileAt(phone)).toEqual(found);
    expect(await itemAt('profiles', `a_${phone.key}`)).toEqual({
      profileId: `a_${phone.key}`,
      mergedInto: `u_${dora.key}`,
      version: 2,
    });
  });

  it('takes an event in without the trait that has another type than declared', async () => {
    const identify = { type: 'identify' as const, traits: { shoe_size: '43', city: 'Bath' } };
    const by = [user('typed')];
    expect(await deliver([put({ ...said(by, ''), ...identify })])).toEqual([]);
    const { eventCount, traits } = await profileAt(user('typed'));
    expect([eventCount, Object.keys(traits)]).toEqual([1, ['city']]);
  });

  it('keeps a record that is no event, and takes those around it', async () => {
    const emil = user('emil');
    const broken = put(said([emil], 'Any'));
    broken.kinesis.data = Buffer.from('{"this is": "not an event').toString('base64');
    expect(await deliver([put(viewed([emil], 'a')), broken, put(viewed([emil], 'b'))])).toEqual([]);
    expect(await profileAt(emil)).toMatchObject({ eventCount: 2 });
    const object = await s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: `poison/shardId-000000000000/${broken.kinesis.sequenceNumber}.json`,
      }),
    );
    expect(JSON.parse((await object.Body?.transformToString()) ?? '')).toMatchObject({
      data: broken.kinesis.data,
      cause: 'not a JSON document in UTF-8',
    });
  });

  it('waits with a poison record while it cannot be kept', async () => {
    const broken = put(said([user('x')], 'Any'));
    broken.kinesis.data = 'bm9uc2Vuc2U=';
    faults.inject({ service: 's3', action: { kind: 'error' } });
    expect(await deliver([broken])).toEqual([broken.kinesis.sequenceNumber]);
    faults.liftAll();
    expect(await deliver([broken])).toEqual([]);
  });

  it('waits with the events of a profile that a later version wrote, and leaves it as it is', async () => {
    const [fred, gina] = [user('fred'), user('gina')];
    await deliver([put(viewed([fred], 'a'))]);
    const { profileId } = await profileAt(fred);
    const stored = { ...(await itemAt('profiles', profileId)), profileId, schemaVersion: 3 };
    await dynamoDb.send(new PutItemCommand({ TableName: 'profiles', Item: marshall(stored) }));
    const batch = [put(viewed([gina], 'a')), put(viewed([fred], 'b'))];
    expect(await deliver(batch)).toEqual([batch[1]!.kinesis.sequenceNumber]);
    expect(await itemAt('profiles', stored.profileId)).toEqual(stored);
    expect(await profileAt(gina)).toMatchObject({ eventCount: 1 });
  });

  it('comes through a store that throttles for a while', async () => {
    const hugo = user('hugo');
    faults.inject({ service: 'dynamodb', action: { kind: 'throttle' }, times: 3 });
    const batch = [put(ordered([hugo], 'o1'))];
    if ((await deliver(batch)).length > 0) expect(await deliver(batch)).toEqual([]);
    expect(await profileAt(hugo)).toMatchObject({ eventCount: 1, orders: { count: 1 } });
  });

  it('fails the events whose products did not reach the catalogue, and takes them again', async () => {
    const ida = user('ida');
    const itemId = `${customer}-lamp`;
    const fault = faults.inject({
      service: 'dynamodb',
      action: { kind: 'error' },
      when: ({ body }) => Buffer.from(body).includes('"catalogue"'),
    });
    const batch = [put(said([ida], 'Any')), put(viewed([ida], itemId))];
    expect(await deliver(batch)).toEqual([batch[1]!.kinesis.sequenceNumber]);
    fault.lift();
    expect(await deliver(batch.slice(1))).toEqual([]);
    expect(await profileAt(ida)).toMatchObject({ eventCount: 2 });
    expect(await itemAt('catalogue', itemId)).toMatchObject({ title: `The ${itemId}` });
  });
});
