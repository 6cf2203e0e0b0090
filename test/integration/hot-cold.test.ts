import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { KinesisStreamRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProfileStore, storedProfiles } from '../../adapters/dynamodb/profile-store.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import { COLD_AGE_DAYS_MAX, wholeProfile } from '../../core/profile/hot-cold.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { type EnrichPorts, enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { clientDefaults } from '../contract/endpoint.ts';
import { MemoryCatalogueStore } from '../property/memory-stores.ts';
import { expectedProfiles, withoutProof } from '../property/simulated-customers.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from '../unit/event-maker.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 5);
/** More than hot has room for, with the user's own. */
const DEVICE_COUNT = 12;
/** More messages than a profile remembers, each in a minute of its own. */
const FORGETTING_COUNT = 130;
const keys = { profiles: 'profileId', identities: 'identity', dedupe: 'key' };

let engine: DynamoDbEngine;
let client: DynamoDBClient;
/** What a test puts in place of an answer's items, once per entry. */
const replacements: ((items: Item[]) => Item[])[] = [];
type Item = Record<string, AttributeValue>;

beforeAll(async () => {
  engine = await startDynamoDbEngine();
  client = new DynamoDBClient({ ...clientDefaults, endpoint: engine.endpoint });
  for (const [TableName, keyName] of Object.entries(keys)) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
      }),
    );
  }
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const read: unknown = answer.output;
      if (context.commandName !== 'BatchGetItemCommand' || !isRead(read)) return answer;
      const { profiles } = read.Responses;
      const hasCold = profiles?.some(({ profileId }) => profileId?.S?.startsWith('cold#'));
      if (profiles !== undefined && hasCold === true) {
        read.Responses.profiles = replacements.shift()?.(profiles) ?? profiles;
      }
      return answer;
    },
    { step: 'initialize' },
  );
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});

function isRead(output: unknown): output is { Responses: Record<string, Item[]> } {
  return typeof output === 'object' && output !== null && 'Responses' in output;
}

let customer = '';
let customerCount = 0;
let sequence = 10n ** 55n;
let arrivedAtMs = START_MS;
let events: CollectedEvent[] = [];
beforeEach(() => {
  customerCount += 1;
  customer = `c${customerCount}`;
  arrivedAtMs = START_MS;
  events = [];
});

const user = (): Identity => ({ kind: 'userId', key: customer });
const device = (index: number): Identity => ({ kind: 'anonymousId', key: `${customer}-${index}` });

/** A record of an event that nobody has sent before, a minute after the last. */
function put(identities: Identity[], itemId = 'mug', said: Partial<CollectedEvent> = {}) {
  sequence += 1n;
  arrivedAtMs += 60_000;
  const at = new Date(arrivedAtMs).toISOString();
  const event = trackEvent('Product Viewed', {
    ...{ identities, messageId: `m${sequence}`, timestamp: at, receivedAt: at },
    properties: { product_id: itemId },
    ...said,
  });
  events.push(event);
  const partitionKey = strongestFirst(identities)[0] ?? '';
  return recordOf(event, partitionKey, String(sequence), arrivedAtMs);
}

const ports = (): EnrichPorts => ({
  profiles: createProfileStore(client, keysAsTables),
  catalogue: new MemoryCatalogueStore(),
  entryCache: new EntryCache(),
  writePoison: async () => undefined,
  keepRefused: async () => undefined,
  surroundings: {
    nowMs: () => arrivedAtMs,
    random: () => 0,
    sleep: () => Promise.resolve(),
  },
});
const keysAsTables = { profiles: 'profiles', identities: 'identities', dedupe: 'dedupe' };

async function deliver(...records: KinesisStreamRecord[]): Promise<void> {
  const report = await enrichBatch(ports(), records.map(kinesisRecord));
  expect(report.failedSequenceNumbers).toEqual([]);
}

async function rawItem(key: string): Promise<Item | undefined> {
  const Key = { profileId: { S: key } };
  return (await client.send(new GetItemCommand({ TableName: 'profiles', Key }))).Item;
}

const coldItemNow = () => rawItem(`cold#u_${customer}`);

async function stored() {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'profiles' }));
  const found = storedProfiles(Items).get(`u_${customer}`);
  if (found?.kind !== 'profile') throw new Error('there is no such profile');
  return found;
}

async function expectEachEventOnce(): Promise<void> {
  const profile = withoutProof(wholeProfile(await stored()));
  expect([profile]).toEqual(expectedProfiles(events));
}

describe('lanes that hot has no room for', () => {
  /** A user on so many devices, each of which then sends by itself. */
  async function sendFromManyDevices(): Promise<KinesisStreamRecord[]> {
    const devices = Array.from({ length: DEVICE_COUNT }, (_, index) => device(index));
    for (const each of devices) await deliver(put([user(), each]));
    const alone = devices.map((each) => put([each]));
    for (const record of alone) await deliver(record);
    return alone;
  }

  const forgetMessages = () =>
    deliver(...Array.from({ length: FORGETTING_COUNT }, () => put([device(DEVICE_COUNT - 1)])));

  it('are kept cold, all of them, and the newest stay hot', async () => {
    await sendFromManyDevices();
    const { hot, cold } = await stored();
    expect(hot.hasColdLanes).toBe(true);
    expect(Object.keys(hot.evidence.lanes).length).toBeLessThanOrEqual(8);
    const whole = wholeProfile(await stored());
    expect(Object.keys(whole.evidence.lanes)).toHaveLength(DEVICE_COUNT + 1);
    expect(Object.keys(cold?.lanes ?? {}).length).toBeGreaterThan(0);
    await expectEachEventOnce();
  });

  it('still prove what came on them when it is delivered again, the messages long forgotten', async () => {
    const alone = await sendFromManyDevices();
    await forgetMessages();
    const before = await stored();
    for (const record of alone) await deliver(record);
    expect(await stored()).toEqual(before);
    await expectEachEventOnce();
  });

  it('go on where they were: what is new on one is folded, once', async () => {
    await sendFromManyDevices();
    await forgetMessages();
    const next = put([device(0)], 'lamp');
    await deliver(next);
    await forgetMessages();
    await deliver(next);
    await expectEachEventOnce();
  });
});

describe('a pair of items that is read half-way through a write', () => {
  /** A profile whose cold item was written twice, and the cold item of the first time. */
  async function writtenTwice(): Promise<Item | undefined> {
    await deliver(put([user(), device(0)], 'lamp'));
    const first = await coldItemNow();
    await deliver(put([user(), device(1)], 'vase'));
    expect(await coldItemNow()).not.toEqual(first);
    return first;
  }

  const withCold = (cold: Item) => (items: Item[]) =>
    items.map((item) => (item.profileId?.S?.startsWith('cold#') === true ? cold : item));

  it.each([
    ['once', 1],
    ['several times', 4],
  ])('is read again when that happens %s, and nothing of either is lost', async (_, count) => {
    const old = await writtenTwice();
    replacements.push(...Array.from({ length: count }, () => withCold(old ?? {})));
    await deliver(put([user(), device(2)], 'bowl'));
    expect(replacements).toEqual([]);
    await expectEachEventOnce();
  });

  it('is read again too where the cold item is newer than hot, or was not there yet', async () => {
    await deliver(put([user()], 'lamp'));
    await deliver(put([user(), device(0)], 'vase'));
    const cold = await coldItemNow();
    const newer = { ...cold, version: { N: '9' }, cold: { S: '{}' } };
    replacements.push(withCold(newer), (items) =>
      items.filter(({ profileId }) => profileId?.S?.startsWith('cold#') !== true),
    );
    await deliver(put([user(), device(1)], 'bowl'));
    expect(replacements).toEqual([]);
    await expectEachEventOnce();
  });

  it('fails the record while it goes on, and changes nothing', async () => {
    const old = await writtenTwice();
    const before = await stored();
    replacements.push(...Array.from({ length: 40 }, () => withCold(old ?? {})));
    const record = put([user(), device(2)], 'bowl');
    const report = await enrichBatch(ports(), [kinesisRecord(record)]);
    expect(report.failedSequenceNumbers).toEqual([record.kinesis.sequenceNumber]);
    expect(await stored()).toEqual(before);
    replacements.splice(0);
    await deliver(record);
    await expectEachEventOnce();
  });
});

describe('a cold item', () => {
  const daysLater = (days: number) => {
    arrivedAtMs = START_MS + days * DAY_MS;
  };

  it(`is left as it is for ${COLD_AGE_DAYS_MAX} days, and then written anew`, async () => {
    await deliver(put([user(), device(0)], 'lamp'));
    const first = await coldItemNow();
    daysLater(COLD_AGE_DAYS_MAX);
    await deliver(put([user()], 'vase'));
    expect(await coldItemNow()).toEqual(first);
    daysLater(COLD_AGE_DAYS_MAX + 1);
    await deliver(put([user()], 'bowl'));
    const second = await coldItemNow();
    expect(second).not.toEqual(first);
    const { hot } = await stored();
    expect(hot).toMatchObject({
      coldDay: START_MS / DAY_MS + COLD_AGE_DAYS_MAX + 1,
      coldVersion: hot.version,
      parts: {},
    });
    daysLater(2 * COLD_AGE_DAYS_MAX + 1);
    await deliver(put([user()], 'mug'));
    expect(await coldItemNow()).toEqual(second);
    await expectEachEventOnce();
  });

  it('outlives hot by more than the days at which it is written anew', async () => {
    const retained = createProfileStore(client, { ...keysAsTables, profileRetentionDays: 100 });
    const record = put([user(), device(0)], 'lamp');
    await enrichBatch({ ...ports(), profiles: retained }, [kinesisRecord(record)]);
    const expiryOf = async (key: string) => Number((await rawItem(key))?.expiresAt?.N);
    const [hotS, coldS] = [await expiryOf(`u_${customer}`), await expiryOf(`cold#u_${customer}`)];
    expect((coldS - hotS) / 86_400).toBeGreaterThan(COLD_AGE_DAYS_MAX);
  });
});
