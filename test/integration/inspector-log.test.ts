import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInspectorLog, INSPECTOR_PATIENCE } from '../../adapters/dynamodb/inspector-log.ts';
import { createInspectorReader } from '../../adapters/dynamodb/inspector-reader.ts';
import type { Fact } from '../../core/events/inspection/fact.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';
import { Faults } from '../../local/faults.ts';

const EPOCH = '1970-01-01T00:00:00.000Z';
const PAGES_MAX = 1_000;

const faults = new Faults();
let engine: DynamoDbEngine;
let client: DynamoDBClient;
let nowMs = Date.UTC(2026, 10, 23);
let source = '';
let sourceCount = 0;

beforeAll(async () => {
  engine = await startDynamoDbEngine({ faults });
  // Without a time-out of its own, so that nothing but the log itself can end a wait.
  client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: INSPECTOR_PATIENCE.attemptsMax,
  });
  const keys = ['source', 'at'] as const;
  await engine.call('CreateTable', {
    TableName: 'inspector',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
  });
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});
beforeEach(() => {
  sourceCount += 1;
  source = `source-${sourceCount}`;
});
afterEach(() => faults.liftAll());

/** Patient, so that a slow machine changes nothing. */
const newLog = (onFailure: () => void = () => undefined, waitMsMax = 30_000) =>
  createInspectorLog({
    client,
    table: 'inspector',
    processId: 'p',
    nowMs: () => nowMs,
    onFailure,
    waitMsMax,
  });
const factsOf = (count: number): Fact[] =>
  Array.from({ length: count }, (_, index) => ({ fate: 'accepted', messageId: `m${index}` }));
const noteOf = (count: number) => [{ sourceId: source, facts: factsOf(count), eventCount: count }];
const pages = () => createInspectorReader(client, 'inspector').pages(source, EPOCH, PAGES_MAX);

describe('the log of the inspector', () => {
  it('writes each of a few events at once, and lists their source', async () => {
    const log = newLog();
    for (const _ of factsOf(3)) await log.note(noteOf(1));
    expect(await pages()).toHaveLength(3);
    expect(await createInspectorReader(client, 'inspector').sourceIds()).toContain(source);
  });

  it('writes by its budget and not by the event, and says how many it left out', async () => {
    const log = newLog();
    const batches = 1_000;
    const perBatch = 40;
    for (let batch = 0; batch < batches; batch += 1) await log.note(noteOf(perBatch));
    nowMs += 1_000;
    await log.note(noteOf(perBatch));
    const written = await pages();
    expect(written).toHaveLength(21);
    for (const { facts } of written) expect(facts.length).toBeLessThanOrEqual(25);
    const told = written.reduce((sum, page) => sum + page.facts.length + page.leftOutCount, 0);
    expect(told).toBe((batches + 1) * perBatch);
  });

  it('makes no more facts than it keeps', async () => {
    let madeCount = 0;
    function* counted(): Iterable<Fact> {
      for (const fact of factsOf(2_500)) {
        madeCount += 1;
        yield fact;
      }
    }
    await newLog().note([{ sourceId: source, facts: counted(), eventCount: 2_500 }]);
    expect(madeCount).toBe(25);
  });

  it('lets nobody wait for a table that hangs, and does not ask it twice', async () => {
    let requestCount = 0;
    faults.inject({
      service: 'dynamodb',
      operation: 'BatchWriteItem',
      action: { kind: 'hang' },
      when: () => {
        requestCount += 1;
        return true;
      },
    });
    const log = newLog(() => undefined, 50);
    for (const _ of factsOf(5)) await log.note(noteOf(1));
    expect(requestCount).toBe(1);
  });

  it('never rejects, counts a failure once and leaves the table alone for a while', async () => {
    const fault = { service: 'dynamodb', operation: 'BatchWriteItem' } as const;
    faults.inject({ ...fault, action: { kind: 'error' } });
    let failureCount = 0;
    const log = newLog(() => {
      failureCount += 1;
    });
    for (const _ of factsOf(5)) await log.note(noteOf(1));
    expect(failureCount).toBe(1);
    faults.liftAll();
    nowMs += 60_000;
    await log.note(noteOf(1));
    const written = await pages();
    expect(written.map(({ facts }) => facts.length)).toEqual([5]);
  });
});
