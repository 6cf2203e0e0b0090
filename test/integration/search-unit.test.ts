import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotDatabase } from '../../adapters/duckdb/snapshot-database.ts';
import { readCurated, rowsOf } from '../../adapters/s3/curated-rows.ts';
import { partKey, putPart } from '../../adapters/s3/curated-store.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { IdentityHasher, identityRef } from '../../core/identity/identity-key.ts';
import { personOf } from '../../core/privacy/person.ts';
import { noProgress, type SearchUnit, type UnitProgress } from '../../core/privacy/search.ts';
import { Trace } from '../../core/privacy/trace.ts';
import { eventColumns, productColumns, productRowsOf } from '../../core/quality/curated-events.ts';
import { CuratedPart } from '../../core/quality/curated-part.ts';
import { deedsOf } from '../../core/training/day-deeds.ts';
import type { SearchPorts } from '../../lambdas/privacy/search-ports.ts';
import { searchUnit } from '../../lambdas/privacy/search-unit.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';

const DAY = '2026-01-05';
const ERASED_AT_MS = Date.UTC(2026, 0, 10);
const hasher = new IdentityHasher('secret');
const anna = hasher.of('userId', 'anna');
const bert = hasher.of('userId', 'bert');
const device = hasher.of('anonymousId', 'tablet');
const RAW: SearchUnit = { area: 'raw', prefix: `raw/day=${DAY}/` };

let directory = '';
let s3: S3Engine;
let client: S3Client;
let bucket = '';
let bucketNumber = 0;
let taken: unknown[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-search-'));
  s3 = await startS3Engine({ directory: join(directory, 's3') });
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
beforeEach(async () => {
  taken = [];
  bucketNumber += 1;
  bucket = `data-${bucketNumber}`;
  await s3.createBucket(bucket);
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

function eventOf(
  messageId: string,
  identities: Identity[],
  said: Partial<CollectedEvent> = {},
): CollectedEvent {
  const at = '2026-01-05T12:00:00.000Z';
  return {
    schemaVersion: 1,
    messageId,
    type: 'track',
    event: 'Product Viewed',
    identities,
    source: 'website',
    timestamp: at,
    receivedAt: at,
    properties: { product_id: 'p1', price: 2, currency: 'EUR' },
    ...said,
  };
}

const put = (Key: string, Body: string | Buffer) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const putRaw = (name: string, events: readonly (object | string)[]) => {
  const lines = events.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  return put(`${RAW.prefix}source=website/${name}.gz`, gzipSync(`${lines.join('\n')}\n`));
};
async function read(key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
async function keys(): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}
async function messageIds(): Promise<string[]> {
  const texts = await Promise.all((await keys()).map(async (key) => gunzipSync(await read(key))));
  return texts.flatMap((text) =>
    text
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).messageId),
  );
}

function portsOf(said: Partial<SearchPorts> = {}): SearchPorts {
  const person = personOf([anna, device].map(identityRef));
  const horizon = { erasedAtMs: ERASED_AT_MS, isSuppressed: false };
  return {
    client,
    buckets: { lake: bucket, quarantine: bucket, failures: bucket, drop: bucket },
    trace: new Trace(person, hasher, horizon),
    isErasing: true,
    sink: {
      take: async (_, __, records) => void taken.push(...records),
      changing: async () => undefined,
      flush: async () => 0,
    },
    nowMs: () => ERASED_AT_MS,
    ...said,
  };
}

const search = (
  unit: SearchUnit,
  ports = portsOf(),
  start: UnitProgress = noProgress,
  deadlineMs = Number.POSITIVE_INFINITY,
) => searchUnit(unit, start, ports, { changedSinceMs: 0, deadlineMs });

describe('raw files', () => {
  it('are written anew without a customer’s lines, and untouched where there are none', async () => {
    await putRaw('a', [eventOf('m1', [anna]), eventOf('m2', [bert])]);
    await putRaw('b', [eventOf('m3', [bert])]);
    await putRaw('c', [eventOf('m4', [device])]);
    const untouched = await read(`${RAW.prefix}source=website/b.gz`);
    const { counts } = await search(RAW);
    expect(counts).toEqual({ scanned: 3, deleted: 1, rewritten: 1, records: 2, unreadable: 0 });
    expect(await messageIds()).toEqual(['m2', 'm3']);
    expect(await read(`${RAW.prefix}source=website/b.gz`)).toEqual(untouched);
    expect(taken).toHaveLength(2);
    expect((await search(RAW)).counts).toMatchObject({ deleted: 0, rewritten: 0, records: 0 });
  });

  it('keep what happened after the erasure, and take out what only came after it', async () => {
    const after = '2026-01-11T00:00:00.000Z';
    await putRaw('a', [
      eventOf('new', [anna], { timestamp: after, receivedAt: after }),
      eventOf('late', [anna], { receivedAt: after }),
    ]);
    await search(RAW);
    expect(await messageIds()).toEqual(['new']);
  });

  it('keep another customer’s event without the device that both have used', async () => {
    const both = eventOf('m1', [bert, device], { anonymousId: 'tablet', userId: 'bert' });
    await putRaw('a', [both]);
    const { counts } = await search(RAW);
    expect(counts).toMatchObject({ rewritten: 1, records: 0 });
    const { anonymousId: _, ...rest } = both;
    const line = gunzipSync(await read(`${RAW.prefix}source=website/a.gz`)).toString();
    expect(JSON.parse(line)).toEqual({ ...rest, identities: [bert] });
  });

  it('that are cut off are named, and what can be read of them is dealt with', async () => {
    const whole = gzipSync(
      [eventOf('m1', [anna]), eventOf('m2', [bert])]
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(''),
    );
    const key = `${RAW.prefix}source=website/cut.gz`;
    await put(key, whole.subarray(0, whole.length - 6));
    const { counts, unreadableKeys } = await search(RAW);
    expect(counts).toMatchObject({ unreadable: 1, records: 1, rewritten: 1 });
    expect(unreadableKeys).toEqual([key]);
    expect(await messageIds()).toEqual(['m2']);
  });

  it('are read again when somebody has written them in between', async () => {
    await putRaw('a', [eventOf('m1', [anna]), eventOf('m2', [bert])]);
    let isFirst = true;
    const sink = {
      // After the first reading, before the writing: another erasure takes a line out, and adds none.
      take: async () => {
        if (isFirst) await putRaw('a', [eventOf('m1', [anna]), eventOf('m5', [bert])]);
        isFirst = false;
      },
      changing: async () => undefined,
      flush: async () => 0,
    };
    await search(RAW, portsOf({ sink }));
    expect(await messageIds()).toEqual(['m5']);
  });

  it('go on where the time was up', async () => {
    for (const name of ['a', 'b', 'c']) await putRaw(name, [eventOf(name, [anna])]);
    const first = await search(RAW, portsOf(), noProgress, 0);
    expect(first).toMatchObject({ isDone: false, counts: { scanned: 1, deleted: 1 } });
    const last = await search(RAW, portsOf(), first);
    expect(last).toMatchObject({ isDone: true, counts: { scanned: 3, deleted: 3 } });
    expect(await keys()).toEqual([]);
  });

  it('lose a customer’s lines and no other, in whatever order they come', async () => {
    const who = fc.constantFrom<Identity[]>(
      [anna],
      [bert],
      [device],
      [bert, device],
      [anna, device],
    );
    const file = fc.array(who, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (files) => {
        bucketNumber += 1;
        bucket = `data-${bucketNumber}`;
        await s3.createBucket(bucket);
        const events = files.map((whos, at) =>
          whos.map((identities, index) => eventOf(`${at}-${index}`, identities)),
        );
        for (const [at, each] of events.entries()) await putRaw(String(at), each);
        await search(RAW);
        const left = events.flat().filter(({ identities: [first] }) => first === bert);
        expect(await messageIds()).toEqual(left.map(({ messageId }) => messageId));
      }),
      { numRuns: 20, seed: 4 },
    );
  });
});

describe('curated files', () => {
  it('lose the customer’s rows and those of their products, with every other value as it was', async () => {
    const events = [eventOf('m1', [anna]), eventOf('m2', [bert]), eventOf('m3', [bert])];
    const rows = new CuratedPart(eventColumns);
    const products = new CuratedPart(productColumns);
    for (const event of events) {
      rows.add(event);
      for (const row of productRowsOf(event)) products.add(row);
    }
    const lake = { client, bucket };
    const [eventsKey, productsKey] = [partKey('events', DAY, 0), partKey('event_products', DAY, 0)];
    await putPart(lake, eventsKey, rows.columns);
    await putPart(lake, productsKey, products.columns);
    const rowsIn = async (key: string) => {
      const file = await readCurated(lake, key);
      return file === undefined ? [] : rowsOf(file);
    };
    const before = [await rowsIn(eventsKey), await rowsIn(productsKey)];
    const { counts } = await search({ area: 'curated', prefix: `curated/events/day=${DAY}/` });
    expect(counts).toMatchObject({ rewritten: 2, records: 2 });
    expect([await rowsIn(eventsKey), await rowsIn(productsKey)]).toEqual(
      before.map((each) => each.filter(({ message_id }) => message_id !== 'm1')),
    );
  });
});

describe('days’ files of training', () => {
  it('go where they have rows of the customer, and stay where they have none', async () => {
    const dayFile = async (name: string, events: readonly CollectedEvent[]) => {
      const rows = events.flatMap((event, number) => deedsOf(JSON.stringify(event), number) ?? []);
      const ndjson = join(directory, `${name}.ndjson`);
      await writeFile(ndjson, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const path = join(directory, `${name}.parquet`);
      const options = { memoryMb: 256, threads: 1, folder: directory, folderMb: 64 };
      const database = await SnapshotDatabase.open(options);
      await database.writeDay(ndjson, path, { lines: String(events.length) });
      database.close();
      await put(`snapshot-days/day=${DAY}/${name}.parquet`, await readFile(path));
    };
    await dayFile('theirs', [eventOf('m1', [bert]), eventOf('m2', [anna])]);
    await dayFile('others', [eventOf('m3', [bert])]);
    const unit = { area: 'snapshot days', prefix: `snapshot-days/day=${DAY}/` };
    await search(unit, portsOf({ isErasing: false }));
    expect(await keys()).toHaveLength(2);
    const { counts } = await search(unit);
    expect(counts).toMatchObject({ deleted: 1, scanned: 2 });
    expect(await keys()).toEqual([`snapshot-days/day=${DAY}/others.parquet`]);
  });
});

describe('a search that only looks', () => {
  it('changes nothing', async () => {
    await putRaw('a', [eventOf('m1', [anna]), eventOf('m2', [bert])]);
    const { counts } = await search(RAW, portsOf({ isErasing: false }));
    expect(counts).toMatchObject({ records: 1, deleted: 0, rewritten: 0 });
    expect(taken).toEqual([eventOf('m1', [anna])]);
    expect(await messageIds()).toEqual(['m1', 'm2']);
  });
});
