import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { createCatalogueStore } from '../adapters/dynamodb/catalogue-store.ts';
import { createProfileStore } from '../adapters/dynamodb/profile-store.ts';
import type { EnrichPorts } from '../lambdas/enrich/enrich-batch.ts';
import { enrichBatch } from '../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../lambdas/enrich/entry-cache.ts';
import type { StreamRecord } from '../lambdas/enrich/stream-record.ts';
import { startDynamoDbEngine } from '../local/engines/dynamodb.ts';
import { atMost, type Check, median, printChecks, shown } from './check.ts';
import { portsInMemory } from './enrich/memory-stores.ts';
import { COALESCED, sessionBatches } from './enrich/sessions.ts';

/**
 * What the enricher costs: `npm run bench:enrich [-- --json]`. Processor time as a ratio to parsing the
 * same records, over stores in memory; what the SDK and the store add, over the local DynamoDB; and the
 * units that DynamoDB says it consumed, in dollars.
 */
async function main(): Promise<void> {
  const batches = sessionBatches();
  printChecks([...(await benchProcessorTime(batches)), ...(await benchUnits(batches))]);
}

const ROUNDS = 12;
/** The first rounds are compiled while they run. */
const WARM_UP_ROUNDS = 3;
/** Within these customers are founded and joined with their devices; the rest is the everyday. */
const FOUNDING_BATCHES = 80;
/** On the wire a batch takes a hundred times as long. */
const EVERYDAY_BATCHES = 20;

async function benchProcessorTime(batches: readonly StreamRecord[][]): Promise<Check[]> {
  const eventCount = batches.reduce((sum, batch) => sum + batch.length, 0);
  const times = { parse: [] as number[], enrich: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const parse = await timed(async () => {
      for (const batch of batches) for (const { data } of batch) parsed(data);
    });
    // Profiles from nothing each round, so that every round does the same.
    const ports = portsInMemory();
    const enrich = await timed(async () => {
      for (const batch of batches) await enriched(ports, batch);
    });
    if (round < WARM_UP_ROUNDS) continue;
    times.parse.push(parse / eventCount);
    times.enrich.push(enrich / eventCount);
  }
  const [parse, enrich] = [median(times.parse), median(times.enrich)];
  return [
    shown('JSON.parse of a record, from base64', parse, 'µs'),
    atMost('enricher without the SDK / JSON.parse', enrich / parse, '×', 3),
    shown('events a second and core, without the SDK', 1e6 / enrich, '/s'),
  ];
}

/** On-demand prices of us-east-1, dollars a million: https://aws.amazon.com/dynamodb/pricing/on-demand/ */
const WRITE_UNITS_MILLION = 0.625;
const READ_UNITS_MILLION = 0.125;

async function benchUnits(batches: readonly StreamRecord[][]): Promise<Check[]> {
  const engine = await startDynamoDbEngine();
  for (const [table, key] of Object.entries(keys)) {
    await engine.call('CreateTable', {
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    });
  }
  const client = new DynamoDBClient({
    region: 'local',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const units = countUnits(client);
  const ports: EnrichPorts = {
    ...portsInMemory(),
    profiles: createProfileStore(client, {
      profiles: 'profiles',
      identities: 'identities',
      dedupe: 'dedupe',
    }),
    catalogue: createCatalogueStore(client, 'catalogue'),
    entryCache: new EntryCache(),
  };
  // Customers and catalogue are founded once.
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
  return [
    shown('processor and store time of an event over the local DynamoDB', us / eventCount, 'µs'),
    shown('events of one customer in a batch', COALESCED, ''),
    shown('write units of an event, profiles', per('write profiles'), 'WRU'),
    shown('write units of an event, all tables', written, 'WRU'),
    shown('read units of an event', read, 'RRU'),
    atMost(
      'dollars of profile writes a million events',
      per('write profiles') * WRITE_UNITS_MILLION,
      '$',
      0.5,
    ),
    shown('dollars of all writes a million events', written * WRITE_UNITS_MILLION, '$'),
    shown('dollars of reads a million events', read * READ_UNITS_MILLION, '$'),
  ];
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
        for (const { TableName, CapacityUnits } of [stated].flat()) {
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

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) * 1000;
}

await main();
