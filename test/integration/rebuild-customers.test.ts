import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resetCustomer } from '../../adapters/dynamodb/customer-reset.ts';
import { createProfileStore } from '../../adapters/dynamodb/profile-store.ts';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { createReplay } from '../../adapters/s3/replay-store.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { newReplay, type Rebuild, replayRequest } from '../../core/events/replay.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { continueReplay } from '../../lambdas/ingest/replay-step.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from '../unit/event-maker.ts';

const DAY = '2026-01-02';
const tables = { profiles: 'profiles', identities: 'identities' };
const keys = { ...tables, dedupe: 'dedupe' };
let folder: string;
let dynamoEngine: DynamoDbEngine;
let s3Engine: S3Engine;
let dynamoDb: DynamoDBClient;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-rebuild-'));
  dynamoEngine = await startDynamoDbEngine();
  s3Engine = await startS3Engine({ directory: folder });
  dynamoDb = new DynamoDBClient({ ...clientDefaults, endpoint: dynamoEngine.endpoint });
  s3 = new S3Client({ ...clientDefaults, endpoint: s3Engine.endpoint, forcePathStyle: true });
  await s3Engine.createBucket('lake');
  const names = { profiles: 'profileId', identities: 'identity', dedupe: 'key' };
  for (const [TableName, keyName] of Object.entries(names)) {
    await dynamoDb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
      }),
    );
  }
});
afterAll(async () => {
  dynamoDb.destroy();
  s3.destroy();
  await dynamoEngine.stop();
  await s3Engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const user = (key: string): Identity => ({ kind: 'userId', key });
const device = (key: string): Identity => ({ kind: 'anonymousId', key });
const [anna, bert, till, phone] = [user('anna'), user('bert'), device('till'), device('phone')];

let messageCount = 0;
function said(by: Identity[], said: Partial<CollectedEvent> = {}): CollectedEvent {
  messageCount += 1;
  const second = String(messageCount % 60).padStart(2, '0');
  const minute = String(Math.floor(messageCount / 60)).padStart(2, '0');
  const at = `${DAY}T12:${minute}:${second}.000Z`;
  const given = { identities: by, messageId: `m${messageCount}`, timestamp: at, receivedAt: at };
  return trackEvent('Any', { ...given, ...said });
}
const ordered = (by: Identity[], orderId: string, messageId?: string) =>
  said(by, {
    event: 'Order Completed',
    properties: { order_id: orderId, revenue: 1 },
    ...(messageId !== undefined && { messageId }),
  });

/** As many as one transaction may take at once are folded at once. */
const BATCH_EVENTS = 25;
let sequence = 0;
async function deliver(events: readonly unknown[]): Promise<void> {
  const ports = {
    profiles: createProfileStore(dynamoDb, keys),
    catalogue: new MemoryCatalogueStore(),
    entryCache: new EntryCache(),
    writePoison: async () => undefined,
    keepRefused: async () => undefined,
    surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => undefined },
  };
  for (let at = 0; at < events.length; at += BATCH_EVENTS) {
    const records = events.slice(at, at + BATCH_EVENTS).map((event) => {
      sequence += 1;
      return recordOf(event, 'any', String(sequence), Date.UTC(2026, 0, 3) + sequence);
    });
    const report = await enrichBatch(ports, records.map(kinesisRecord));
    expect(report).toMatchObject({ failures: [], poisonCount: 0 });
  }
}

async function profileOf(identity: Identity): Promise<Profile | undefined> {
  const store = createProfileStore(dynamoDb, keys);
  const id = (await store.readLinks([identityRef(identity)])).links.get(identityRef(identity));
  if (id === undefined) return undefined;
  const stored = (await store.readProfiles([{ profileId: id, withCold: true }])).get(id);
  return stored?.kind === 'profile' ? wholeProfile(stored) : undefined;
}

async function replayed(rebuild: Rebuild): Promise<unknown[]> {
  const sent: StreamRecord[] = [];
  const store = { client: s3, bucket: 'lake' };
  const asked = replayRequest.parse({ what: 'raw', from: DAY, to: DAY, rebuild });
  const stored = await createReplay(store, newReplay(crypto.randomUUID(), asked, 'a', 0));
  await continueReplay(
    stored,
    {
      quarantine: store,
      lake: store,
      failures: store,
      stream: { put: async (records) => void sent.push(...records) },
      identitySecret: async () => '',
      source: () => Promise.reject(new Error('is not asked')),
      nowMs: () => 0,
      sleep: async () => undefined,
    },
    Number.POSITIVE_INFINITY,
  );
  return sent.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
}

describe('customers who were joined wrongly', () => {
  it('are taken apart by a rebuild out of the lake, in which each event and order counts once', async () => {
    const wrong: CollectedEvent = {
      ...said([anna]),
      type: 'alias',
      formerIdentity: bert,
    };
    const lake = [
      said([till]),
      ...Array.from({ length: 70 }, () => said([anna, phone])),
      ordered([anna, till], 'o1'),
      said([bert, till]),
      ordered([bert], 'o2'),
      // The shop's retry under a new id.
      ordered([bert], 'o2', 'again'),
      ...Array.from({ length: 70 }, () => said([bert])),
      wrong,
      said([user('carl')]),
      ordered([user('carl')], 'o3'),
    ];
    await deliver(lake);
    const joined = await profileOf(anna);
    expect(joined).toMatchObject({ eventCount: 145, orders: { count: 2 } });
    expect((await profileOf(bert))?.profileId).toBe(joined?.profileId);
    const lines = lake.map((event) => JSON.stringify(event)).join('\n');
    const Key = `raw/day=${DAY}/source=website/a.gz`;
    await s3.send(new PutObjectCommand({ Bucket: 'lake', Key, Body: gzipSync(lines) }));

    const identities = await resetCustomer(dynamoDb, tables, [identityRef(anna)]);
    expect(identities).toHaveLength(4);
    expect(await profileOf(bert)).toBeUndefined();
    // What comes before the rebuild is folded as of a stranger, and is no part of it.
    await deliver([said([anna], { messageId: 'live', receivedAt: '2026-01-05T00:00:00.000Z' })]);
    const rebuild: Rebuild = {
      rebuildId: '0b0a6c1e-6a3f-4f7e-9f43-0d1f8a3b7c55',
      resetAt: '2026-01-04T00:00:00.000Z',
      identities: [...identities],
      apart: [bert, till].map(identityRef),
    };
    const events = await replayed(rebuild);
    expect(events).toHaveLength(lake.length - 2);
    // Crashes repeat chunks, and a person runs it once more.
    await deliver([...events.slice(0, 100), ...events, ...events]);
    expect(await profileOf(anna)).toMatchObject({
      eventCount: 73,
      orders: { count: 1 },
      identities: [phone, anna].map(identityRef),
    });
    expect(await profileOf(bert)).toMatchObject({
      eventCount: 72,
      orders: { count: 1 },
      identities: [identityRef(bert)],
    });
    expect(await profileOf(till)).toMatchObject({
      eventCount: 1,
      identities: [identityRef(till)],
    });
    expect(await profileOf(user('carl'))).toMatchObject({ eventCount: 2, orders: { count: 1 } });
    // The orders stay claimed: the shop's late retry counts for nobody.
    await deliver([ordered([bert], 'o2', 'late')]);
    expect((await profileOf(bert))?.orders.count).toBe(1);
  });
});
