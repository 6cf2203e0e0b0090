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
}

export interface Stores {
  readonly profiles: MemoryProfileStore;
  readonly catalogue: MemoryCatalogueStore;
}

/** Faults stop after this many, so that every run ends. */
const FAULTS_MAX = 60;
const SHARDS_PER_GENERATION = 2;

class CrashError extends Error {}

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
 * Puts the events on a stream of two generations of shards (the first is split half-way, so partition
 * keys move), consumes all shards of a generation at once as Lambda does, and makes the weather.
 */
export async function consume(
  stores: Stores,
  events: readonly CollectedEvent[],
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
  const half = Math.floor(events.length / 2);
  const zombies: Promise<unknown>[] = [];
  for (const [generation, part] of [events.slice(0, half), events.slice(half)].entries()) {
    const shards = shardsOf(part, generation, 1 + generation * 500);
    await Promise.all(
      shards.map(async (shard) => {
        // Each shard's function process is its own; what it caches outlives a crash of another.
        const invoke = (records: readonly KinesisStreamRecord[]) =>
          invokeOnce(stores, records, random, strikes, weather);
        let at = 0;
        while (at < shard.length) {
          const records = shard.slice(at, at + 1 + Math.floor(random() * batchSizeMax));
          if (strikes(weather.zombie)) zombies.push(invoke(records));
          const failed = await invoke(records);
          if (failed === 'crashed') continue;
          const failedAt = shard.findIndex(({ kinesis }) => kinesis.sequenceNumber === failed);
          at = failed === undefined ? at + records.length : failedAt;
        }
      }),
    );
  }
  await Promise.all(zombies);
}

/** The lowest failed sequence number, undefined when all went well. */
async function invokeOnce(
  stores: Stores,
  records: readonly KinesisStreamRecord[],
  random: () => number,
  strikes: (probability: number) => boolean,
  weather: Weather,
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
  const { profiles, catalogue } = stores;
  const store: ProfileStore = {
    readLinks: (refs) => step(() => profiles.readLinks(refs)),
    readProfiles: (ids) => step(() => profiles.readProfiles(ids)),
    write: (write) => step(() => profiles.write(write)),
  };
  const ports: EnrichPorts = {
    profiles: store,
    catalogue: {
      readEntries: (ids) => step(() => catalogue.readEntries(ids)),
      writeEntry: (entry) => step(() => catalogue.writeEntry(entry)),
    },
    entryCache: new EntryCache(),
    writePoison: () => step(async () => undefined),
    keepRefused: () => step(async () => undefined),
    surroundings: { nowMs: () => 0, random, sleep: () => Promise.resolve() },
  };
  const report = await enrichBatch(ports, records.map(kinesisRecord));
  return process.isDead ? 'crashed' : report.failedSequenceNumbers[0];
}

function shardsOf(
  events: readonly CollectedEvent[],
  generation: number,
  firstSequence: number,
): KinesisStreamRecord[][] {
  const shards: KinesisStreamRecord[][] = Array.from({ length: SHARDS_PER_GENERATION }, () => []);
  for (const [index, event] of events.entries()) {
    const partitionKey = strongestFirst(event.identities)[0]!;
    const shardIndex = (partitionKey.charCodeAt(partitionKey.length - 1) + generation) % 2;
    const sequenceNumber = String(firstSequence + index);
    shards[shardIndex]!.push(recordOf(event, partitionKey, sequenceNumber));
  }
  return shards;
}

export function recordOf(
  event: unknown,
  partitionKey: string,
  sequenceNumber: string,
  arrivedAtMs = 1_700_000_000_000 + Number(sequenceNumber),
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
