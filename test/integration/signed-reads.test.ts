/** What serving asks of DynamoDB goes by signed requests; everybody else's goes by the SDK's client. Both read the same. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { clientReads } from '../../adapters/dynamodb/client-reads.ts';
import { type ItemReads, queriedItems } from '../../adapters/dynamodb/item-reads.ts';
import { createSignedReads } from '../../adapters/dynamodb/signed-reads.ts';
import { type DynamoDbEngine, startDynamoDbEngine } from '../../local/engines/dynamodb.ts';

const REGION = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

beforeAll(() => {
  vi.stubEnv('AWS_REGION', REGION);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
});
afterAll(() => vi.unstubAllEnvs());

describe('reads of the local engine', () => {
  let engine: DynamoDbEngine;
  let client: DynamoDBClient;
  const signed = createSignedReads({ attemptsMax: 2 });
  const documents = Array.from({ length: 12 }, (_, index) => ({
    ...{ kind: 'long', id: `document-${String(index).padStart(2, '0')}`, number: index - 0.5 },
    text: 'ä'.repeat(1_000),
  }));
  const everything = {
    ...{ kind: 'one', id: 'all', text: '“é” \u2028 \\ "', number: -12.5, yes: true, nothing: null },
    ...{ list: [1, 'b', [], {}], map: { inner: { deep: [false] } }, names: new Set(['a', 'b']) },
    ...{ numbers: new Set([1, 2]), empty: '' },
  };

  beforeAll(async () => {
    engine = await startDynamoDbEngine({});
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', engine.endpoint);
    client = new DynamoDBClient({ region: REGION, credentials, endpoint: engine.endpoint });
    await client.send(
      new CreateTableCommand({
        TableName: 'documents',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['kind', 'id'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
        KeySchema: [
          { AttributeName: 'kind', KeyType: 'HASH' },
          { AttributeName: 'id', KeyType: 'RANGE' },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: 'documents' });
    const requests = [everything, ...documents].map((item) => ({
      PutRequest: { Item: marshall(item) },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { documents: requests } }));
  });
  afterAll(async () => {
    client.destroy();
    await engine.stop();
  });

  const key = (kind: string, id: string) => marshall({ kind, id });
  const read = (reads: ItemReads) => ({
    one: (id: string) => reads.getItem({ TableName: 'documents', Key: key('one', id) }),
    several: () =>
      reads.batchGetItem({
        RequestItems: {
          documents: {
            ConsistentRead: true,
            Keys: [key('one', 'all'), key('long', 'document-03'), key('one', 'none')],
            ProjectionExpression: 'id, #map',
            ExpressionAttributeNames: { '#map': 'map' },
          },
        },
      }),
    pages: async () => {
      const query = {
        ...{ TableName: 'documents', Limit: 5 },
        KeyConditionExpression: 'kind = :kind',
        ExpressionAttributeValues: { ':kind': { S: 'long' } },
      };
      const items: StoredItem[] = [];
      for await (const item of queriedItems(reads, query)) items.push(item);
      return items;
    },
  });

  it('give an item of every type as the SDK does, and nothing where there is none', async () => {
    const { Item } = await read(signed).one('all');
    expect(Item).toEqual(marshall(everything));
    expect(Item).toEqual((await read(clientReads(client)).one('all')).Item);
    expect((await read(signed).one('none')).Item).toBeUndefined();
  });

  it('give several items as the SDK does', async () => {
    const byId = (items: readonly Record<string, { S?: string | undefined }>[] = []) =>
      items.toSorted((a, b) => (a.id?.S ?? '').localeCompare(b.id?.S ?? ''));
    const { Responses, UnprocessedKeys } = await read(signed).several();
    const { Responses: expected } = await read(clientReads(client)).several();
    expect(byId(Responses?.documents)).toHaveLength(2);
    expect(byId(Responses?.documents)).toEqual(byId(expected?.documents));
    expect(UnprocessedKeys).toEqual({});
  });

  it('go through all pages of a query', async () => {
    const items = await read(signed).pages();
    expect(items).toEqual(documents.map((document) => marshall(document)));
    expect(items).toEqual(await read(clientReads(client)).pages());
  });
});

describe('a read of a service that is in trouble', () => {
  type Trouble = (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let troubles: Trouble[];
  let asked: { readonly target: string | undefined; readonly authorization: string | undefined }[];
  const sockets = new Set<Socket | null>();

  const refuses =
    (status: number, name: string): Trouble =>
    (_request, response) => {
      const type = `com.amazonaws.dynamodb.v20120810#${name}`;
      response.writeHead(status).end(JSON.stringify({ __type: type, message: 'a@b.example' }));
    };
  const says =
    (body: string): Trouble =>
    (_request, response) =>
      response.end(body);

  beforeEach(async () => {
    troubles = [];
    asked = [];
    sockets.clear();
    server = createServer((request, response) => {
      const { authorization, 'x-amz-target': target } = request.headers;
      asked.push({ authorization, target: String(target) });
      sockets.add(response.socket);
      request.resume().on('end', () => {
        const trouble = troubles.shift() ?? says('{"Item":{"id":{"S":"1"}}}');
        trouble(request, response);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const get = (attemptsMax = 2, abortSignal?: AbortSignal) =>
    createSignedReads({ attemptsMax }).getItem(
      { TableName: 'table', Key: { id: { S: 'a@b.example' } } },
      { abortSignal },
    );

  it.each<[string, Trouble]>([
    ['an error of its own', refuses(500, 'InternalServerError')],
    ['being unavailable', refuses(503, 'ServiceUnavailable')],
    ['a throttle', refuses(400, 'ThrottlingException')],
    ['a table’s throttle', refuses(400, 'ProvisionedThroughputExceededException')],
    ['an account’s throttle', refuses(400, 'RequestLimitExceeded')],
    ['a connection that breaks', (_request, response) => response.destroy()],
    [
      'an answer that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"Item":');
        response.socket?.end();
      },
    ],
  ])('is tried once more after %s, and no oftener', async (_, trouble) => {
    troubles = [trouble, trouble];
    await expect(get()).rejects.toMatchObject({ name: 'ItemReadError' });
    expect(asked).toHaveLength(2);
    troubles = [trouble];
    expect(await get()).toEqual({ Item: { id: { S: '1' } } });
    expect(asked).toHaveLength(4);
    const [{ target, authorization } = {}] = asked;
    expect(target).toBe('DynamoDB_20120810.GetItem');
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=test\/\d+\/eu-west-1\/dynamodb\//);
  });

  it.each([
    ['ValidationException', 400],
    ['AccessDeniedException', 400],
    ['ResourceNotFoundException', 400],
  ])(
    'is not tried again after %s, and its error says nothing of the item',
    async (name, status) => {
      troubles = [refuses(status, name)];
      const error: unknown = await get().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        ...{ name: 'ItemReadError', message: 'GetItem was not answered' },
        cause: { name: 'ServiceRefusal', message: 'HTTP 400' },
      });
      expect(asked).toHaveLength(1);
    },
  );

  it.each([
    ['text that is no JSON', 'well'],
    ['an item that is a list', '{"Item":[]}'],
    ['a value without a type', '{"Item":{"id":"1"}}'],
    ['a number that is not text', '{"Item":{"id":{"N":1}}}'],
    ['a value of two types', '{"Item":{"id":{"S":"1","N":"1"}}}'],
    ['bytes, which JSON has as text', '{"Item":{"id":{"L":[{"B":"AAEC"}]}}}'],
  ])('fails by %s', async (_, body) => {
    troubles = [says(body)];
    await expect(get()).rejects.toMatchObject({ name: 'ItemReadError' });
  });

  it('keeps its connection, and takes another at once where the service has closed it', async () => {
    await get(1);
    await get(1);
    expect(sockets.size).toBe(1);
    troubles = [(request) => request.socket.destroy()];
    expect(await get(1)).toEqual({ Item: { id: { S: '1' } } });
    expect(sockets.size).toBe(2);
  });

  it('ends when nobody waits for it any more', async () => {
    const controller = new AbortController();
    const isAsked = new Promise<void>((resolve) => {
      troubles = [() => resolve()];
    });
    const reading = get(2, controller.signal);
    await isAsked;
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: 'ItemReadError' });
    expect(asked).toHaveLength(1);
  });
});
