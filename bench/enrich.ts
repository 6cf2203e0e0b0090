import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { createCatalogueStore } from '../adapters/dynamodb/catalogue-store.ts';
import { createProfileStore } from '../adapters/dynamodb/profile-store.ts';
import type { EnrichPorts } from '../lambdas/enrich/enrich-batch.ts';
import { enrichBatch } from '../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../lambdas/enrich/entry-cache.ts';
import type { StreamRecord } from '../lambdas/enrich/stream-record.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../local/engines/dynamodb.ts';
import { atMost, type Check, median, printChecks, shown } from './check.ts';
import { BURST_EVENTS, burstArrivals, longestDelayMs } from './enrich/burst.ts';
import { portsInMemory } from './enrich/memory-stores.ts';
import { sessionBatches } from './enrich/sessions.ts';
import { visitBatches } from './enrich/visits.ts';

/**
 * What the enricher costs: `npm run bench:enrich [-- --json]`. Processor time as a ratio to parsing the
 * same records, over stores in memory that keep what is stored; what the SDK and the store add, over the local
 * DynamoDB; the units that DynamoDB says it consumed, in dollars, of everyday visits and of the synthetic shop,
 * where every seventh event is an order; and what one customer's burst means for the others.
 */
async function main(): Promise<void> {
  const visits = visitBatches(FOUNDING_BATCHES + EVERYDAY_BATCHES);
  printChecks([
    ...(await benchProcessorTime(visits)),
    ...(await benchUnits('', visits, PROFILE_DOLLARS_MAX)),
    ...(await benchUnits(' (an order in 7 events)', sessionBatches())),
    ...(await benchBurst()),
  ]);
}

const ROUNDS = 24;
/** The first rounds are compiled while they run. */
const WARM_UP_ROUNDS = 6;
/** Within these customers are founded and joined with their devices; the rest is the everyday. */
const FOUNDING_BATCHES = 80;
/** On the wire a batch takes a hundred times as long. */
const EVERYDAY_BATCHES = 20;

async function benchProcessorTime(batches: readonly StreamRecord[][]): Promise<Check[]> {
  const eventCount = batches.reduce((sum, batch) => sum + batch.length, 0);
  const times = { parse: [] as number[], enrich: [] as number[], ratio: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const parse = await processorTime(async () => {
      for (const batch of batches) for (const { data } of batch) parsed(data);
    });
    // Profiles from nothing each round, so that every round does the same.
    const ports = portsInMemory();
    const enrich = await processorTime(async () => {
      for (const batch of batches) await enriched(ports, batch);
    });
    if (round < WARM_UP_ROUNDS) continue;
    times.parse.push(parse / eventCount);
    times.enrich.push(enrich / eventCount);
    // Of one round: what else the machine does weighs on both.
    times.ratio.push(enrich / parse);
  }
  const [parse, enrich] = [median(times.parse), median(times.enrich)];
  const bytes = batches
    .flat()
    .reduce((sum, { data }) => sum + Buffer.byteLength(data, 'base64'), 0);
  return [
    shown('bytes of a record', bytes / eventCount, 'bytes'),
    shown('JSON.parse of a record, from base64', parse, 'µs'),
    atMost('enricher without the SDK / JSON.parse', median(times.ratio), '×', 3),
    shown('events a second and core, without the SDK', 1e6 / enrich, '/s'),
  ];
}

/** On-demand prices of us-east-1, dollars a million: https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const WRITE_UNITS_MILLION = 0.625;
const READ_UNITS_MILLION = 0.125;

/** Of profile writes, a million events at three of one customer in a write. */
const PROFILE_DOLLARS_MAX = 0.5;

async function benchUnits(
  mix: string,
  batches: readonly StreamRecord[][],
  dollarsMax?: number,
): Promise<Check[]> {
  const engine = await startTables();
  const client = clientOf(engine);
  const units = countUnits(client);
  const ports = portsOver(client);
  // Regular customers and the catalogue are founded once; new customers come all the time.
  for (const batch of batches.slice(0, FOUNDING_BATCHES)) await enriched(ports, batch);
  units.clear();
  const everyday = batches.slice(FOUNDING_BATCHES, FOUNDING_BATCHES + EVERYDAY_BATCHES);
  const us = await timed(async () => {
    for (const batch of everyday) await enriched(ports, batch);
  });
  client.destroy();
  await engine.stop();
  const eventCount = everyday.reduce((sum, batch) => sum + batch.length, 0);
  const per = (name: string) => (units.get(name) ?? 0) / eventCount;
  const written = Object.keys(keys).reduce((sum, table) => sum + per(`write ${table}`), 0);
  const read = Object.keys(keys).reduce((sum, table) => sum + per(`read ${table}`), 0);
  const puts = units.get('puts of profiles') ?? 1;
  return [
    shown(
      `processor and store time of an event over the local DynamoDB${mix}`,
      us / eventCount,
      'µs',
    ),
    shown(`events of one customer in a write${mix}`, eventCount / puts, ''),
    shown(`write units of an event, profiles${mix}`, per('write profiles'), 'WRU'),
    shown(`write units of an event, all tables${mix}`, written, 'WRU'),
    shown(`read units of an event${mix}`, read, 'RRU'),
    profileDollars(mix, per('write profiles') * WRITE_UNITS_MILLION, dollarsMax),
    shown(`dollars of all writes a million events${mix}`, written * WRITE_UNITS_MILLION, '$'),
    shown(`dollars of reads a million events${mix}`, read * READ_UNITS_MILLION, '$'),
  ];
}

async function startTables(): Promise<DynamoDbEngine> {
  const engine = await startDynamoDbEngine();
  for (const [table, key] of Object.entries(keys)) {
    await engine.call('CreateTable', {
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    });
  }
  return engine;
}

function clientOf({ endpoint }: DynamoDbEngine): DynamoDBClient {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  return new DynamoDBClient({ region: 'local', endpoint, credentials });
}

function portsOver(client: DynamoDBClient): EnrichPorts {
  return {
    ...portsInMemory(),
    profiles: createProfileStore(client, {
      profiles: 'profiles',
      identities: 'identities',
      dedupe: 'dedupe',
    }),
    catalogue: createCatalogueStore(client, 'catalogue'),
    entryCache: new EntryCache(),
  };
}

/** What one customer's 10,000 events within ten seconds do to the others on the same shard. */
async function benchBurst(): Promise<Check[]> {
  const delays: number[] = [];
  for (const burstCount of [0, BURST_EVENTS]) {
    const engine = await startTables();
    const client = clientOf(engine);
    const ports = portsOver(client);
    // The catalogue is there and the code is compiled, as on any day.
    await longestDelayMs(burstArrivals(0, 'earlier'), (records) => enriched(ports, records));
    delays.push(
      await longestDelayMs(burstArrivals(burstCount), async (records) => {
        await enriched(ports, records);
      }),
    );
    client.destroy();
    await engine.stop();
  }
  const [alone = 0, beside = 0] = delays;
  return [
    shown('longest delay of an event without a burst', alone, 'ms'),
    atMost("longest delay of another's event beside 10,000 events of one", beside, 'ms', 1_000),
    shown('of which the burst causes', Math.max(0, beside - alone), 'ms'),
  ];
}

function profileDollars(mix: string, dollars: number, dollarsMax: number | undefined): Check {
  const name = `dollars of profile writes a million events${mix}`;
  return dollarsMax === undefined
    ? shown(name, dollars, '$')
    : atMost(name, dollars, '$', dollarsMax);
}

const keys = {
  profiles: 'profileId',
  identities: 'identity',
  dedupe: 'key',
  catalogue: 'itemId',
} as const;

const capacity = z.object({ TableName: z.string(), CapacityUnits: z.number() });
/** A single operation tells of one table, a batch of several. */
const answerWithCapacity = z.object({ ConsumedCapacity: z.union([capacity, z.array(capacity)]) });

/** Has every answer say what it cost, and adds it up by table, writes and reads apart. */
function countUnits(client: DynamoDBClient): Map<string, number> {
  const units = new Map<string, number>();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
        const answer = await next(args);
        const { ConsumedCapacity: stated } = answerWithCapacity.parse(answer.output);
        const kind = /Get|Query/.test(commandName ?? '') ? 'read' : 'write';
        const tables = [stated].flat();
        if (kind === 'write' && tables.some(({ TableName }) => TableName === 'profiles')) {
          units.set('puts of profiles', (units.get('puts of profiles') ?? 0) + 1);
        }
        for (const { TableName, CapacityUnits } of tables) {
          const name = `${kind} ${TableName}`;
          units.set(name, (units.get(name) ?? 0) + CapacityUnits);
        }
        return answer;
      },
    { step: 'initialize' },
  );
  return units;
}

async function enriched(ports: EnrichPorts, batch: readonly StreamRecord[]): Promise<void> {
  const { failures, foldedCount } = await enrichBatch(ports, batch);
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`a batch failed: ${failure.kind}`);
  // A redelivery or a duplicate costs less than an event: none may be among them.
  if (foldedCount !== batch.length)
    throw new Error(`${foldedCount} of ${batch.length} were folded`);
}

function parsed(data: string): unknown {
  return JSON.parse(Buffer.from(data, 'base64').toString());
}

/** Microseconds of the processor, the collection of garbage included; waiting for other programs is not. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) * 1000;
}

await main();
