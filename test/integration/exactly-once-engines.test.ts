import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  type DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCatalogueStore } from '../../adapters/dynamodb/catalogue-store.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createProfileStore, storedProfiles } from '../../adapters/dynamodb/profile-store.ts';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { writePoison } from '../../adapters/s3/failures.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { EnrichPorts } from '../../lambdas/enrich/enrich-batch.ts';
import { enrichEvent } from '../../lambdas/enrich/enrich-event.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { type KinesisEngine, startKinesisEngine } from '../../local/engines/kinesis.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import {
  arrivals,
  byId,
  expectedProfiles,
  ownIdentities,
  withFormerIds,
  withoutProof,
} from '../property/simulated-customers.ts';
import {
  type Arriving,
  Consumption,
  CrashError,
  type Invoke,
  isPoison,
  seededRandom,
} from '../property/simulated-stream.ts';
import { SIMULATION_SEED } from '../property/simulation-runs.ts';
import { ReshardedStream } from '../support/resharded-stream.ts';

/**
 * The simulation of test/property/exactly-once.test.ts with nothing simulated but the faults: the function's own
 * entry over the adapters, their SDK clients, and the local engines behind real HTTP. A process dies before or
 * after any request of any client. The stream's shards are split and merged under way.
 */
const RUNS = Number(process.env.KINDRED_ENGINE_RUNS ?? 100);
const WEATHER = { crash: 0.04, storeError: 0.04, zombie: 0.2, abandon: 0.1 };
const FAULTS_MAX = 25;
const BUCKET = 'failures';
const keys = { profiles: 'profileId', identities: 'identity', dedupe: 'key', catalogue: 'itemId' };

interface Process {
  isDead: boolean;
  readonly strikes: (probability: number) => boolean;
}

const processes = new AsyncLocalStorage<Process>();
let folder: string;
let dynamoEngine: DynamoDbEngine;
let kinesisEngine: KinesisEngine;
let s3Engine: S3Engine;
let dynamoDb: DynamoDBClient;
let s3: S3Client;
let runNumber = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-exactly-once-'));
  [dynamoEngine, kinesisEngine, s3Engine] = await Promise.all([
    startDynamoDbEngine(),
    startKinesisEngine(),
    startS3Engine({ directory: folder }),
  ]);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamoEngine.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', kinesisEngine.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3Engine.endpoint);
  dynamoDb = createDynamoDbClient({ attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 5_000 });
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
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  dynamoDb.middlewareStack.add((next) => (args) => asOneStep(() => next(args)), {
    step: 'initialize',
  });
  s3.middlewareStack.add((next) => (args) => asOneStep(() => next(args)), { step: 'initialize' });
});
afterAll(async () => {
  dynamoDb.destroy();
  s3.destroy();
  await Promise.all([dynamoEngine, kinesisEngine, s3Engine].map((engine) => engine.stop()));
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
  process.stdout.write(`KINDRED_SIMULATION_SEED=${SIMULATION_SEED}\n`);
});

/** A request of the running process: it may die before or after, or see an error in place of the answer. */
async function asOneStep<T>(request: () => Promise<T>): Promise<T> {
  const running = processes.getStore();
  if (running === undefined) return request();
  const perhaps = () => {
    if (running.strikes(WEATHER.crash)) running.isDead = true;
    if (running.isDead) throw new CrashError('the process is gone');
    if (running.strikes(WEATHER.storeError)) throw new Error('no answer');
  };
  perhaps();
  const answer = await request();
  perhaps();
  return answer;
}

/** As lambdas/enrich/enrich.ts puts them together. */
function portsOfProcess(random: () => number): EnrichPorts {
  return {
    profiles: createProfileStore(dynamoDb, {
      profiles: 'profiles',
      identities: 'identities',
      dedupe: 'dedupe',
    }),
    catalogue: createCatalogueStore(dynamoDb, 'catalogue'),
    entryCache: new EntryCache(),
    writePoison: (poison) => writePoison(s3, BUCKET, poison),
    keepRefused: async () => undefined,
    surroundings: { nowMs: Date.now, random, sleep: () => Promise.resolve() },
  };
}

function invoking(random: () => number, strikes: (probability: number) => boolean): Invoke {
  return async (records) => {
    const running: Process = { isDead: false, strikes };
    const event = { Records: JSON.parse(JSON.stringify(records)) };
    return processes.run(running, async () => {
      const answer = await enrichEvent(event, portsOfProcess(random), () => undefined);
      if (running.isDead) return 'crashed';
      const [failed] = answer.batchItemFailures;
      return failed === undefined ? undefined : String(failed.itemIdentifier);
    });
  };
}

const encode = (text: string) => new TextEncoder().encode(text);

function toPut(arriving: readonly Arriving[]): StreamRecord[] {
  return arriving.map((each) =>
    isPoison(each)
      ? { data: encode(each.poison), partitionKey: each.partitionKey }
      : {
          data: encode(`${JSON.stringify(each)}\n`),
          partitionKey: strongestFirst(each.identities)[0] ?? '',
        },
  );
}

async function itemsOf(TableName: keyof typeof keys) {
  const items = [];
  for await (const page of paginateScan(
    { client: dynamoDb },
    { TableName, ConsistentRead: true },
  )) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

beforeEach(() => emptyTables());

async function emptyTables(): Promise<void> {
  for (const [table, keyName] of Object.entries(keys) as [keyof typeof keys, string][]) {
    const items = await itemsOf(table);
    for (let at = 0; at < items.length; at += 25) {
      const requests = items
        .slice(at, at + 25)
        .map((item) => ({ DeleteRequest: { Key: { [keyName]: item[keyName]! } } }));
      await dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    }
  }
}

async function liveProfiles() {
  return [...storedProfiles(await itemsOf('profiles')).values()].flatMap((stored) => {
    expect(stored.kind).not.toBe('unreadable');
    return stored.kind === 'profile' ? [wholeProfile(stored)] : [];
  });
}

async function poisonCount(): Promise<number> {
  let count = 0;
  const pages = paginateListObjectsV2({ client: s3 }, { Bucket: BUCKET, Prefix: 'poison/' });
  for await (const { KeyCount = 0 } of pages) count += KeyCount;
  return count;
}

async function run(stream: readonly Arriving[], seed: number): Promise<void> {
  runNumber += 1;
  const random = seededRandom(seed);
  let faultCount = 0;
  const strikes = (probability: number) => {
    if (random() >= probability || faultCount >= FAULTS_MAX) return false;
    faultCount += 1;
    return true;
  };
  const consumption = new Consumption({
    random,
    strikes,
    weather: WEATHER,
    batchSizeMax: 10,
    invoke: invoking(random, strikes),
  });
  kinesisEngine.createStream(`run-${runNumber}`, 2);
  const resharded = new ReshardedStream(`run-${runNumber}`, random);
  const consume = () => resharded.consume((records) => consumption.consumeAll([records]));
  /** A shard may be closed before or after its records are read. */
  const perhapsConsume = async () => (random() < 0.5 ? consume() : undefined);
  const third = Math.ceil(stream.length / 3);
  await resharded.put(toPut(stream.slice(0, third)));
  await perhapsConsume();
  await resharded.split();
  await resharded.put(toPut(stream.slice(third, 2 * third)));
  await perhapsConsume();
  await resharded.merge();
  await resharded.put(toPut(stream.slice(2 * third)));
  await consume();
  while (consumption.abandoned.length > 0) {
    const again = consumption.abandoned.splice(0).map(({ kinesis }) => ({
      data: Buffer.from(kinesis.data, 'base64'),
      partitionKey: kinesis.partitionKey,
    }));
    await resharded.put(again);
    await resharded.split();
    await consume();
  }
  resharded.close();
  await Promise.all(consumption.zombies);
}

describe('each event has its effect exactly once over the real engines', () => {
  it.each([
    [
      'through crashes between any two requests, races, splits and merges of shards, and replays',
      undefined,
    ],
    ['where persons had another user id before', withFormerIds],
  ] as const)(
    '%s',
    async (_, change) => {
      await fc.assert(
        fc.asyncProperty(arrivals(ownIdentities, change), fc.nat(), async (given, seed) => {
          await emptyTables();
          const poisonBefore = await poisonCount();
          await run(given.stream, seed);
          const found = (await liveProfiles()).map(withoutProof).sort(byId);
          const expected = expectedProfiles(given.events).sort(byId);
          expect(found).toEqual(expected);
          const links = (await itemsOf('identities')).map((item) => unmarshall(item));
          expect(new Map(links.map(({ identity, profileId }) => [identity, profileId]))).toEqual(
            new Map(
              expected.flatMap(({ profileId, identities }) =>
                identities.map((ref) => [ref, profileId] as const),
              ),
            ),
          );
          expect(await poisonCount()).toBeGreaterThan(poisonBefore);
        }),
        // A run takes a second of requests; the seed shows what shrinking would.
        { numRuns: Math.ceil(RUNS / 2), seed: SIMULATION_SEED, endOnFailure: true },
      );
    },
    300_000,
  );
});
