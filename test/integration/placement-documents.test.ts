import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPlacements } from '../../adapters/dynamodb/placement-documents.ts';
import { operateRequest } from '../../lambdas/api/operate-request.ts';
import { operatorRoutes } from '../../lambdas/api/operator-routes.ts';
import type { OperatorServices } from '../../lambdas/api/operator-services.ts';
import { Problem } from '../../lambdas/ingest/answers.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

let stores: CollectorServices;
let services: OperatorServices;

beforeAll(async () => {
  stores = await startCollectorServices('default-key');
  Object.assign(process.env, stores.variables);
  services = {
    dynamoDb: createDynamoDbClient({ attemptsMax: 2, connectMsMax: 2_000, attemptMsMax: 5_000 }),
    s3: new S3Client({}),
    sfn: new SFNClient({}),
    setting: (name) => stores.variables[name] ?? '',
    nowMs: Date.now,
  };
});
afterAll(() => stores.stop());

async function ask(httpMethod: string, resource: string, id?: string, body?: unknown) {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod,
    resource,
    pathParameters: id === undefined ? null : { id },
    queryStringParameters: null,
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: {
      identity: { userArn: 'arn:aws:iam::1:user/ops' },
    } as APIGatewayProxyEvent['requestContext'],
  };
  try {
    const answer = await operateRequest(event as APIGatewayProxyEvent, operatorRoutes, services);
    return { status: answer.statusCode, body: JSON.parse(answer.body) };
  } catch (error) {
    if (error instanceof Problem)
      return { status: error.status, body: { detail: error.detail, issues: error.issues } };
    throw error;
  }
}

const get = (id: string) => ask('GET', '/placements/{id}', id);
const put = (id: string, body: unknown) => ask('PUT', '/placements/{id}', id, body);
const table = () => ({ client: services.dynamoDb, table: services.setting('CONFIG_TABLE') });

describe('placements over the operators’ API', () => {
  it('begin as they are bundled, and are stored as the next version', async () => {
    const { body: bundled } = await get('popular');
    const written = await put('popular', { ...bundled, heading: 'Everybody’s' });
    expect(written).toMatchObject({ status: 200, body: { version: bundled.version + 1 } });
    expect((await get('popular')).body).toEqual(written.body);
    const { documents } = await readPlacements(readableTable(table()));
    expect(documents.get('popular')).toEqual(written.body);
    const { body: list } = await ask('GET', '/placements');
    expect(list.placements).toContainEqual({
      ...{ id: 'popular', version: bundled.version + 1, heading: 'Everybody’s', isEdited: true },
    });
    expect(list.placements.map(({ id }: { id: string }) => id)).toContain('for-you');
  });

  it('are not written over somebody else’s edit', async () => {
    const { body: seen } = await get('cart-recovery');
    expect((await put('cart-recovery', { ...seen, heading: 'First' })).status).toBe(200);
    const second = await put('cart-recovery', { ...seen, heading: 'Second' });
    expect(second.status).toBe(409);
    expect(second.body.detail).toContain('read it again');
    expect((await get('cart-recovery')).body.heading).toBe('First');
  });

  it('may be new, and of the first form', async () => {
    const { body: seen } = await get('for-you');
    const { template: _t, image: _i, ...fields } = seen;
    const first = {
      ...{ ...fields, id: 'hero', version: 1, schemaVersion: 1 },
      ladder: [{ kind: 'personal' }, { kind: 'static', content: 'evergreen' }],
    };
    const written = await put('hero', first);
    expect(written.body).toMatchObject({ version: 2, schemaVersion: 2 });
    expect(written.body.ladder[0]).toEqual({ kind: 'for-you' });
  });

  it.each([
    ['a misspelt rule', { rules: { onlyAvailble: true } }, 'rules'],
    ['an id other than the path’s', { id: 'other' }, 'id'],
  ])('with %s are refused by field', async (_, change, path) => {
    const { body: seen } = await get('for-you');
    const { status, body } = await put('for-you', { ...seen, ...change });
    expect(status).toBe(400);
    expect(JSON.stringify(body.issues)).toContain(path);
  });

  it('with content that is not there, or without a name, are refused', async () => {
    const { body: seen } = await get('for-you');
    const gone = { ...seen, ladder: [{ kind: 'static', content: 'gone' }] };
    expect(await put('for-you', gone)).toMatchObject({ status: 400 });
    expect((await get('no-such')).status).toBe(404);
    expect((await get('No%20Such')).status).toBe(400);
  });

  it('that somebody has spoilt are told of, and spoil no other', async () => {
    await services.dynamoDb.send(
      new PutItemCommand({
        TableName: table().table,
        Item: { kind: { S: 'placement' }, id: { S: 'spoilt' }, text: { S: '{"id":' } },
      }),
    );
    const read = await readPlacements(readableTable(table()));
    expect(read.malformed).toEqual(['spoilt']);
    expect(read.documents.size).toBeGreaterThan(0);
    expect((await get('spoilt')).status).toBe(409);
  });
});
