import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { createEventExpectations } from '../../adapters/dynamodb/event-expectations.ts';
import { serveQuery } from '../support/query-server.ts';
import { trackEvent } from './event-maker.ts';

const suite = {
  kind: 'expectations',
  id: 'events',
  formVersion: 1,
  suiteId: 'events',
  version: 1,
  title: 'Our events',
  dataset: 'events',
  columns: { event: { type: 'text' } },
  expectations: [
    { id: 'known', kind: 'in', column: 'event', values: ['Quiz Finished'], severity: 'quarantine' },
  ],
};

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function expectationsOver(items: () => readonly object[]) {
  const table = await serveQuery(() => items().map((item) => marshall(item)));
  const client = new DynamoDBClient({
    endpoint: table.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  open.push({ close: () => client.destroy() }, table);
  const unusable: number[] = [];
  const expectations = createEventExpectations(client, 'config', (count) => unusable.push(count));
  return { expectations, unusable };
}

describe('the shop’s expectations of events', () => {
  it('judge by what they say', async () => {
    const { expectations } = await expectationsOver(() => [suite]);
    const check = await expectations();
    expect(check?.(trackEvent('Quiz Finished')).issues).toEqual([]);
    expect(check?.(trackEvent('Poll Finished')).issues).toMatchObject([{ path: 'event' }]);
  });

  it('are nothing where there is no suite, so that calls go the short way', async () => {
    const { expectations } = await expectationsOver(() => []);
    expect(await expectations()).toBeUndefined();
  });

  it('leave out what can’t be used, and count it', async () => {
    // The audit tells of a data set that the lake hasn't; of single events it says nothing.
    const foreign = { ...suite, id: 'returns', suiteId: 'returns', dataset: 'returns' };
    const { expectations, unusable } = await expectationsOver(() => [
      { kind: 'expectations', id: 'damaged', title: 'no suite' },
      foreign,
    ]);
    expect(await expectations()).toBeUndefined();
    expect(unusable).toEqual([1]);
  });
});
