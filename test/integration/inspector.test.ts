import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import type { InspectedEvent, Inspection } from '../../core/events/inspection/inspected-event.ts';
import { sourceEventsRoute } from '../../lambdas/api/operator-source-events.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const SOURCE = 'website';

let test: TestCloud;
let folder: string;
beforeAll(async () => {
  test = await startTestCloud();
  folder = await mkdtemp(join(tmpdir(), 'kindred-inspector-'));
  await writeConnection(test.cloud.connection, join(folder, 'connection.json'));
});
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => test?.cloud.faults.liftAll());

const viewed = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'Product Viewed',
  userId: 'anna-4711',
  messageId,
  properties: { product_id: 'mug', price: 5, currency: 'GBP' },
  ...more,
});

async function ask(query: Record<string, string>, sourceId = SOURCE): Promise<Inspection> {
  const { dynamoDb, s3 } = test.clients;
  const { body } = await sourceEventsRoute.handle(
    { path: { sourceId }, query, body: undefined, principal: 'test' },
    {
      dynamoDb,
      s3,
      sfn: new SFNClient({}),
      setting: () => test.cloud.connection.resources.InspectorTableName ?? '',
      nowMs: Date.now,
    },
  );
  return body as Inspection;
}

/** What the operators' route says of one event, once it has that many fates. */
async function fatesOf(messageId: string, count: number): Promise<InspectedEvent | undefined> {
  const { events } = await eventually(
    `${count} fates of the event`,
    () => ask({ messageId }),
    (found) => (found.events[0]?.fates.length ?? 0) >= count,
  );
  return events[0];
}

async function tail(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const connection = ['--connection', join(folder, 'connection.json')];
  return promisify(execFile)(process.execPath, ['cli/kindred.ts', 'tail', ...connection, ...words]);
}

async function writtenDown(): Promise<string> {
  const { dynamoDb } = test.clients;
  const TableName = test.cloud.connection.resources.InspectorTableName ?? '';
  const items: unknown[] = [];
  for await (const page of paginateScan({ client: dynamoDb }, { TableName })) {
    items.push(...(page.Items ?? []));
  }
  return JSON.stringify(items);
}

describe('what happened to an event', () => {
  it('is told from its acceptance to its profile', async () => {
    const messageId = randomUUID();
    expect((await test.send('/v1/track', viewed(messageId))).status).toBe(200);
    expect(await fatesOf(messageId, 2)).toMatchObject({
      messageId,
      type: 'track',
      event: 'Product Viewed',
      fates: ['accepted', 'folded'],
    });
  });

  it('is told of one that was sent twice', async () => {
    const messageId = randomUUID();
    await test.send('/v1/track', viewed(messageId));
    await fatesOf(messageId, 2);
    await test.send('/v1/track', viewed(messageId));
    expect((await fatesOf(messageId, 3))?.fates).toEqual(['folded', 'accepted', 'duplicate']);
  });

  it('is told of an invalid one, with the reason and the remedy', async () => {
    const messageId = randomUUID();
    const properties = { product_id: 'mug', price: '12,50' };
    expect((await test.send('/v1/track', viewed(messageId, { properties }))).status).toBe(400);
    expect(await fatesOf(messageId, 1)).toMatchObject({
      fates: ['quarantined'],
      reason: 'bad-properties',
      issues: [{ path: 'properties.price', message: expect.stringContaining('12.5') }],
    });
    const { events } = await ask({ fate: 'quarantined' });
    expect(events.map(({ fates }) => fates)).toEqual(events.map(() => ['quarantined']));
  });

  it('is told of a record that is no event', async () => {
    await test.clients.kinesis.send(
      new PutRecordCommand({
        StreamName: test.cloud.connection.resources.EventsStreamName,
        PartitionKey: 'k',
        Data: Buffer.from('{"email":"anna@example.com"'),
      }),
    );
    const { events } = await eventually(
      'the poison record',
      () => ask({}, '(none)'),
      (found) => found.events.length > 0,
    );
    expect(events[0]).toMatchObject({ fates: ['poison'], reason: 'not a JSON document in UTF-8' });
  });

  it('is printed by `kindred tail`, as lines and as JSON, without colours in a pipe', async () => {
    const messageId = randomUUID();
    await test.send('/v1/track', viewed(messageId, { properties: { price: 'x' } }));
    await fatesOf(messageId, 1);
    const { stdout } = await tail('--source', SOURCE, '--fate', 'quarantined');
    expect(stdout).toContain(`Product Viewed  quarantined: bad-properties  ${messageId}\n    `);
    expect(stdout).not.toContain('\u001b');
    const json = await tail('--message-id', messageId, '--json');
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ source: SOURCE, messageId, fates: ['quarantined'] }]);
  });

  it('is refused as a question that can’t be understood', async () => {
    await expect(ask({ since: 'yesterday' })).rejects.toMatchObject({ status: 400 });
    await expect(ask({ colour: 'red' })).rejects.toMatchObject({ status: 400 });
  });
});

describe('what is written down', () => {
  it('names nobody: no address, no network, no name, no id of a customer', async () => {
    const personal = {
      userId: 'anna.berger@example.com',
      anonymousId: 'device-8842',
      traits: { email: 'anna.berger@example.com', name: 'Anna Berger', phone: '+43 660 1234567' },
      context: { ip: '203.0.113.77', traits: { name: 'Anna Berger' } },
    };
    const good = viewed(randomUUID(), personal);
    const bad = viewed('for anna.berger@example.com', {
      ...personal,
      event: 'Seen by anna.berger@example.com from 203.0.113.77',
      properties: 'anna.berger@example.com',
    });
    const response = await test.send('/v1/batch', { batch: [good, bad] });
    expect(await response.json()).toMatchObject({ accepted: 1 });
    await fatesOf(good.messageId, 2);
    const text = await writtenDown();
    expect(text).toContain('Seen by (email) from 203.0.113.0');
    for (const planted of [
      'anna.berger',
      'Anna Berger',
      '203.0.113.77',
      '1234567',
      'device-8842',
    ]) {
      expect(text).not.toContain(planted);
    }
  });
});

describe('an inspector whose table fails', () => {
  it('loses nobody’s event', async () => {
    const action = { kind: 'error' } as const;
    test.cloud.faults.inject({ service: 'dynamodb', operation: 'BatchWriteItem', action });
    const userId = randomUUID();
    const sent = Array.from({ length: 5 }, () => viewed(randomUUID(), { userId }));
    for (const event of sent) expect((await test.send('/v1/track', event)).status).toBe(200);
    await eventually(
      'the events in the profile',
      async () => (await test.profileOf(userId))?.eventCount,
      (count) => count === sent.length,
    );
  });
});
