import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createProfileStore } from '../../adapters/dynamodb/profile-store.ts';
import { partKey, putPart } from '../../adapters/s3/curated-store.ts';
import { erasureRecords, exportRecords } from '../../adapters/s3/search-store.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { IdentityHasher, identityRef } from '../../core/identity/identity-key.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import { personOf } from '../../core/privacy/person.ts';
import { orderClaimOf } from '../../core/profile/orders.ts';
import { eventColumns, productColumns, productRowsOf } from '../../core/quality/curated-events.ts';
import { CuratedPart } from '../../core/quality/curated-part.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { textOf } from './customer-places.ts';

const tables = {
  PROFILES_TABLE: 'profileId',
  IDENTITIES_TABLE: 'identity',
  DEDUPE_TABLE: 'key',
  INSPECTOR_TABLE: 'sourceId',
};
const buckets = [
  'LAKE_BUCKET',
  'QUARANTINE_BUCKET',
  'FAILURES_BUCKET',
  'DROP_BUCKET',
  'PRIVACY_BUCKET',
];
const DAY = '2026-01-02';
export const SECRET = 's'.repeat(64);
/** Of a table or bucket, by the variable that names it to the functions. */
export const nameOf = (variable: string) => variable.toLowerCase().replace('_', '-');
const hasher = new IdentityHasher(SECRET);
const [anna, device, address] = [
  hasher.of('userId', 'anna'),
  hasher.of('anonymousId', 'device'),
  hasher.of('email', 'anna@example.com'),
];
const bert = hasher.of('userId', 'bert');
/** By what Anna is known. */
export const traces = [anna, device, address].map(({ key }) => key);

const at = `${DAY}T12:00:00.000Z`;
const said = (messageId: string, identities: Identity[], more: Partial<CollectedEvent> = {}) =>
  trackEvent('Product Viewed', {
    ...{ messageId, identities, timestamp: at, receivedAt: new Date().toISOString() },
    properties: { product_id: 'p1', price: 2, currency: 'EUR' },
    ...more,
  });
const ordered = (messageId: string, identities: Identity[], orderId: string) =>
  said(messageId, identities, {
    event: 'Order Completed',
    properties: {
      order_id: orderId,
      revenue: 2,
      currency: 'EUR',
      products: [{ product_id: 'p1', price: 2 }],
    },
  });

/** Whose claim stays. */
export const BERTS_CLAIM = orderClaimOf(ordered('m5', [bert], 'o2'));

/** The variables that name what an erasure goes through. */
export const erasureStores = [...Object.keys(tables), ...buckets];

/** Anna, who is to be erased, in every store that an erasure goes through; and Bert beside her. */
export class ErasableCustomer {
  readonly #dynamoDb: DynamoDBClient;
  readonly #s3: S3Client;

  constructor(dynamoDb: DynamoDBClient, s3: S3Client) {
    this.#dynamoDb = dynamoDb;
    this.#s3 = s3;
  }

  async createStores(): Promise<void> {
    for (const [table, keyName] of Object.entries(tables)) {
      await this.#dynamoDb.send(
        new CreateTableCommand({
          TableName: nameOf(table),
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
          KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
        }),
      );
    }
    for (const bucket of buckets)
      await this.#s3.send(new CreateBucketCommand({ Bucket: nameOf(bucket) }));
  }

  async allObjects(): Promise<{ key: string; text: string }[]> {
    return (await Promise.all(buckets.map((bucket) => this.#objects(bucket)))).flat();
  }

  async #put(bucket: string, Key: string, Body: string | Uint8Array): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: nameOf(bucket), Key, Body }));
  }

  async #clear(): Promise<void> {
    for (const bucket of buckets) {
      for (const { key } of await this.#objects(bucket)) {
        await this.#s3.send(new DeleteObjectCommand({ Bucket: nameOf(bucket), Key: key }));
      }
    }
    for (const [table, keyName] of Object.entries(tables)) {
      const found = await this.items(table);
      const requests = found.map((item) => ({
        DeleteRequest: { Key: { [keyName]: item[keyName] ?? { S: '' } } },
      }));
      if (requests.length === 0) continue;
      await this.#dynamoDb.send(
        new BatchWriteItemCommand({ RequestItems: { [nameOf(table)]: requests } }),
      );
    }
  }

  async items(table: string) {
    const found = [];
    for await (const { Items = [] } of paginateScan(
      { client: this.#dynamoDb },
      { TableName: nameOf(table) },
    )) {
      found.push(...Items);
    }
    return found;
  }

  async #objects(bucket: string): Promise<{ key: string; text: string }[]> {
    const found: { key: string; text: string }[] = [];
    const Bucket = nameOf(bucket);
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#s3 }, { Bucket })) {
      for (const { Key = '' } of Contents) {
        const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        found.push({ key: Key, text: await textOf(Key, bytes) });
      }
    }
    return found;
  }

  /** Anna in every table and bucket, Bert beside her; gives the id of her erasure. */
  async fill(): Promise<string> {
    await this.#clear();
    const events = [
      said('m1', [device]),
      said('m2', [anna, device, address]),
      ordered('m3', [anna], 'o1'),
      said('m4', [bert]),
      ordered('m5', [bert], 'o2'),
    ];
    await this.#takeIn(events);
    const lines = (some: readonly CollectedEvent[]) =>
      gzipSync(some.map((each) => `${JSON.stringify(each)}\n`).join(''));
    const [first, second, third, fourth, fifth] = events;
    const only = (...some: (CollectedEvent | undefined)[]) => some.flatMap((each) => each ?? []);
    await this.#put(
      'LAKE_BUCKET',
      `raw/day=${DAY}/source=web/a.gz`,
      lines(only(first, second, fourth)),
    );
    await this.#put('LAKE_BUCKET', `raw/day=${DAY}/source=web/b.gz`, lines(only(third)));
    await this.#put('LAKE_BUCKET', 'raw/day=2026-01-03/source=web/c.gz', lines(only(third, fifth)));
    await this.#putCurated(events);
    const { key } = anna;
    const record = (event: CollectedEvent | undefined) => ({
      kinesis: { data: Buffer.from(JSON.stringify(event)).toString('base64') },
    });
    const poison = { cause: 'no event', data: record(third).kinesis.data };
    await this.#put('FAILURES_BUCKET', 'poison/shard-1/1.json', JSON.stringify(poison));
    const refused = { profileId: `u_${key}`, identities: [], event: {} };
    await this.#put(
      'FAILURES_BUCKET',
      `identities/day=${DAY}/u_${key}.json`,
      JSON.stringify(refused),
    );
    const batch = { payload: JSON.stringify({ Records: [record(third), record(fifth)] }) };
    await this.#put('FAILURES_BUCKET', 'aws/lambda/m/s/2026/01/01/x', JSON.stringify(batch));
    const facts = ['m1', 'm4'].map((messageId) => ({
      ...{ fate: 'accepted', messageId, type: 'track', event: 'Product Viewed' },
    }));
    await this.#dynamoDb.send(
      new PutItemCommand({
        TableName: nameOf('INSPECTOR_TABLE'),
        Item: marshall({
          sourceId: 'web',
          page: JSON.stringify({ writtenAt: new Date().toISOString(), facts, leftOutCount: 0 }),
        }),
      }),
    );
    const person = personOf([anna, device, address].map(identityRef));
    const now = new Date().toISOString();
    const search = {
      ...{ requestedAt: now, requestedBy: 'arn:aws:iam::1:user/operator', updatedAt: now },
      ...{ person, pass: 1, plannedPass: 0, units: [], counts: {} },
    };
    const exportId = randomUUID();
    const store = { client: this.#s3, bucket: nameOf('PRIVACY_BUCKET') };
    await exportRecords(store).create(exportId, {
      ...search,
      ...{ exportId, status: 'done', isCountOnly: false, parts: ['1.json'] },
    });
    await this.#put(
      'PRIVACY_BUCKET',
      `exports/${exportId}/parts/1.json`,
      JSON.stringify([events[0]]),
    );
    const erasureId = randomUUID();
    await erasureRecords(store).create(erasureId, {
      ...search,
      ...{ erasureId, status: 'running', passesBefore: 0, isMarked: false },
      // As it was asked for before the other two were known to be hers.
      person: personOf([identityRef(anna)]),
      ...{ reason: 'request 1', isSuppressed: false },
    });
    return erasureId;
  }

  async #takeIn(events: readonly CollectedEvent[]): Promise<void> {
    const records = events.map((event, index) =>
      recordOf(event, strongestFirst(event.identities)[0] ?? '', String(index + 1), Date.parse(at)),
    );
    const ports = {
      profiles: createProfileStore(this.#dynamoDb, {
        profiles: nameOf('PROFILES_TABLE'),
        identities: nameOf('IDENTITIES_TABLE'),
        dedupe: nameOf('DEDUPE_TABLE'),
      }),
      catalogue: new MemoryCatalogueStore(),
      entryCache: new EntryCache(),
      writePoison: async () => undefined,
      keepRefused: async () => undefined,
      surroundings: { nowMs: Date.now, random: () => 0, sleep: () => Promise.resolve() },
    };
    // The device's own profile first, which is merged away then.
    for (const each of records) await enrichBatch(ports, [kinesisRecord(each)]);
  }

  async #putCurated(events: readonly CollectedEvent[]): Promise<void> {
    const store = { client: this.#s3, bucket: nameOf('LAKE_BUCKET') };
    const [part, products] = [new CuratedPart(eventColumns), new CuratedPart(productColumns)];
    for (const event of events) {
      part.add(event);
      for (const row of productRowsOf(event)) products.add(row);
    }
    await putPart(store, partKey('events', DAY, 0), part.columns);
    await putPart(store, partKey('event_products', DAY, 0), products.columns);
  }
}
