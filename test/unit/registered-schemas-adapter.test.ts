import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegisteredSchemas } from '../../adapters/dynamodb/registered-schemas.ts';
import { serveQuery } from '../support/query-server.ts';

const quiz = {
  kind: 'schema',
  id: 'Quiz Finished',
  event: 'Quiz Finished',
  version: 1,
  schema: { type: 'object', required: ['score'], properties: { score: { type: 'integer' } } },
};

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function schemasOver(items: readonly object[]) {
  const table = await serveQuery(() => items.map((item) => marshall(item)));
  const client = new DynamoDBClient({
    endpoint: table.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  open.push({ close: () => client.destroy() }, table);
  const clock = { nowMs: 0 };
  const unusable: number[] = [];
  const schemas = createRegisteredSchemas(
    client,
    'config',
    (count) => unusable.push(count),
    () => clock.nowMs,
  );
  return { schemas, table, clock, unusable };
}

describe('the customer’s own schemas', () => {
  it('judge by what they say, read once a minute', async () => {
    const { schemas, table, clock } = await schemasOver([quiz]);
    const check = await schemas.checkFor('strict');
    expect(check('Quiz Finished', { score: 1 })).toBe('fine');
    expect(check('Quiz Finished', {})).toMatchObject([{ path: 'score' }]);
    expect(check('Poll Finished', {})).toBe('unregistered');
    await schemas.checkFor('lenient');
    expect(table.requestCount()).toBe(1);
    clock.nowMs = 60_000;
    await schemas.checkFor('lenient');
    expect(table.requestCount()).toBe(2);
  });

  it('that cannot be used are counted, and their events taken as they come', async () => {
    const broken = { ...quiz, schema: { type: 'object', not: {} } };
    const { schemas, unusable } = await schemasOver([broken]);
    const check = await schemas.checkFor('strict');
    expect([check('Quiz Finished', {}), unusable]).toEqual(['fine', [1]]);
  });
});
