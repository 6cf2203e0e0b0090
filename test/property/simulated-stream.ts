import type { KinesisStreamRecord } from 'aws-lambda';
import type { CollectedEvent } from '../../core/events/event.ts';
import { strongestFirst } from '../../core/identity/profile-id.ts';
import type { ProfileStore } from '../../core/profile/profile-store.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { type EnrichPorts, enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import type { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';

/** How badly things go; every one a probability per step. */
export interface Weather {
  readonly crash: number;
  /** The store fails before or after it has done what it was asked. */
  readonly storeError: number;
  /** The same batch runs a second time, beside the first and beyond it. */
  readonly zombie: number;
  /** A batch that failed is given up on: what is left of it goes to the failures bucket, and comes back later. */
  readonly abandon: number;
}

export interface Stores {
  readonly profiles: MemoryProfileStore;
  readonly catalogue: MemoryCatalogueStore;
  /** Records that nobody can read, by sequence number: base64. */
  readonly poison: Map<string, string>;
}

/** A record that is no event. */
export interface Poison {
  readonly poison: string;
  readonly partitionKey: string;
}

/** What somebody puts on the stream. */
export type Arriving = CollectedEvent | Poison;

export function isPoison(arriving: Arriving): arriving is Poison {
  return !('messageId' in arriving);
}

/** The record with sequence number n arrives n milliseconds later. */
export const ARRIVAL_START_MS = Date.UTC(2026, 0, 4);

/** Faults stop after this many, so that every run ends. */
const FAULTS_MAX = 60;
const SHARDS_PER_GENERATION = 2;
/** More than any run puts into one generation of shards. */
const GENERATION_SEQUENCES = 20_000;

export class CrashError extends Error {}

/** mulberry32: 32 bits of state, good enough to pick faults. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Puts everything on a stream of two generations of shards (the first is split half-way, so partition keys
 * move), consumes all shards of a generation at once as Lambda does, and makes the weather. In the end what was
 * given up on is put on the stream again, some of it twice, as a replay does that dies on its way.
 */
export async function consume(
  stores: Stores,
  arriving: readonly Arriving[],
  seed: number,
  weather: Weather,
  batchSizeMax = 8,
): Promise<void> {
  const random = seededRandom(seed);
  let faultCount = 0;
  const strikes = (probability: number) => {
    if (random() >= probability || faultCount >= FAULTS_MAX) return false;
    faultCount += 1;
    return true;
  };
  const circumstances = { random, strikes, weather };
  const consumption = new Consumption({
    ...circumstances,
    batchSizeMax,
    invoke: (records) => invokeOnce(stores, records, circumstances),
  });
  const half = Math.floor(arriving.length / 2);
  for (const [generation, part] of [arriving.slice(0, half), arriving.slice(half)].entries()) {
    await consumption.consumeAll(shardsOf(part, generation));
  }
  for (let generation = 2; consumption.abandoned.length > 0; generation += 1) {
    const putBack = consumption.abandoned.splice(0);
    const twice = putBack.slice(0, Math.floor(random() * putBack.length));
    await consumption.consumeAll(shardsAgain([...twice, ...putBack], generation));
  }
  await Promise.all(consumption.zombies);
}

/** What happens to whom, by chance. */
export interface Circumstances {
  readonly random: () => number;
  readonly strikes: (probability: number) => boolean;
  readonly weather: Weather;
}

/** The lowest failed sequence number, undefined when all went well. */
export type Invoke = (
  records: readonly KinesisStreamRecord[],
) => Promise<string | undefined | 'crashed'>;

/** Lambda's side of a stream: takes batches of shards to a function, until each record is done with or given up. */
export class Consumption {
  /** Given up on, and not put back yet. */
  readonly abandoned: KinesisStreamRecord[] = [];
  readonly zombies: Promise<unknown>[] = [];
  readonly #options: Circumstances & { readonly batchSizeMax: number; readonly invoke: Invoke };

  constructor(options: Circumstances & { readonly batchSizeMax: number; readonly invoke: Invoke }) {
    this.#options = options;
  }

  async consumeAll(shards: readonly (readonly KinesisStreamRecord[])[]): Promise<void> {
    await Promise.all(shards.map((shard) => this.#consumeShard(shard)));
  }

  /** Batch after batch; after a death half of the batch, after a failure from its lowest number on. */
  async #consumeShard(shard: readonly KinesisStreamRecord[]): Promise<void> {
    const { random, strikes, weather, batchSizeMax, invoke } = this.#options;
    let at = 0;
    let sizeMax = batchSizeMax;
    while (at < shard.length) {
      const records = shard.slice(at, at + 1 + Math.floor(random() * sizeMax));
      if (strikes(weather.zombie)) this.zombies.push(invoke(records));
      const failed = await invoke(records);
      if (failed === undefined) {
        at += records.length;
        sizeMax = batchSizeMax;
        continue;
      }
      const isDead = failed === 'crashed';
      if (isDead) sizeMax = Math.max(1, Math.floor(records.length / 2));
      const failedAt = shard.findIndex(({ kinesis }) => kinesis.sequenceNumber === failed);
      const from = isDead ? at : failedAt;
      const isAbandoned = strikes(weather.abandon);
      if (isAbandoned) this.abandoned.push(...shard.slice(from, at + records.length));
      at = isAbandoned ? at + records.length : from;
    }
  }
}

async function invokeOnce(
  stores: Stores,
  records: readonly KinesisStreamRecord[],
  { random, strikes, weather }: Circumstances,
): Promise<string | undefined | 'crashed'> {
  const process = { isDead: false };
  /** Runs one step of the process: it may take its time, die before or after, or see an error. */
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let turns = Math.floor(random() * 12); turns > 0; turns -= 1) await Promise.resolve();
    const perhaps = () => {
      if (strikes(weather.crash)) process.isDead = true;
      if (process.isDead) throw new CrashError('the process is gone');
      if (strikes(weather.storeError)) throw new Error('the store failed');
    };
    perhaps();
    const result = await work();
    perhaps();
    return result;
  };
  const ports = portsOver(stores, step, random);
  const report = await enrichBatch(ports, records.map(kinesisRecord));
  return process.isDead ? 'crashed' : report.failedSequenceNumbers[0];
}

type Step = <T>(work: () => Promise<T>) => Promise<T>;

/** Everything that the function reaches out to, each call a step of its process. */
function portsOver(stores: Stores, step: Step, random: () => number): EnrichPorts {
  const { profiles, catalogue, poison } = stores;
  const store: ProfileStore = {
    readLinks: (refs) => step(() => profiles.readLinks(refs)),
    readProfiles: (ids) => step(() => profiles.readProfiles(ids)),
    write: (write) => step(() => profiles.write(write)),
  };
  return {
    profiles: store,
    catalogue: {
      readEntries: (ids) => step(() => catalogue.readEntries(ids)),
      writeEntry: (entry) => step(() => catalogue.writeEntry(entry)),
    },
    entryCache: new EntryCache(),
    writePoison: ({ sequenceNumber, data }) =>
      step(async () => void poison.set(sequenceNumber, data)),
    keepRefused: () => step(async () => undefined),
    surroundings: { nowMs: () => 0, random, sleep: () => Promise.resolve() },
  };
}

function shardsOf(arriving: readonly Arriving[], generation: number): KinesisStreamRecord[][] {
  return intoShards(
    generation,
    arriving.map((each, index) => {
      const sequenceNumber = String(1 + generation * GENERATION_SEQUENCES + index);
      if (isPoison(each)) return poisonRecord(each, sequenceNumber);
      return recordOf(each, strongestFirst(each.identities)[0]!, sequenceNumber);
    }),
  );
}

/** Records as they come again from the failures bucket: the same data and key, a new place. */
function shardsAgain(
  records: readonly KinesisStreamRecord[],
  generation: number,
): KinesisStreamRecord[][] {
  const again = records.map((record, index) => {
    const sequenceNumber = String(1 + generation * GENERATION_SEQUENCES + index);
    return { ...record, kinesis: { ...record.kinesis, sequenceNumber } };
  });
  return intoShards(generation, again);
}

function intoShards(
  generation: number,
  records: readonly KinesisStreamRecord[],
): KinesisStreamRecord[][] {
  const shards: KinesisStreamRecord[][] = Array.from({ length: SHARDS_PER_GENERATION }, () => []);
  for (const record of records) {
    const { partitionKey } = record.kinesis;
    const place = partitionKey.charCodeAt(partitionKey.length - 1) + generation;
    shards[place % SHARDS_PER_GENERATION]!.push(record);
  }
  return shards;
}

function poisonRecord(
  { poison, partitionKey }: Poison,
  sequenceNumber: string,
): KinesisStreamRecord {
  const record = recordOf(undefined, partitionKey, sequenceNumber);
  const data = Buffer.from(poison).toString('base64');
  return { ...record, kinesis: { ...record.kinesis, data } };
}

export function recordOf(
  event: unknown,
  partitionKey: string,
  sequenceNumber: string,
  arrivedAtMs = ARRIVAL_START_MS + Number(sequenceNumber),
): KinesisStreamRecord {
  return {
    awsRegion: 'eu-west-1',
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/events',
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/enrich',
    kinesis: {
      approximateArrivalTimestamp: arrivedAtMs / 1000,
      data: Buffer.from(`${JSON.stringify(event)}\n`).toString('base64'),
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
    },
  };
}
