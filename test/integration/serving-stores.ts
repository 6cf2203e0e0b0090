import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/** How a store misbehaves. */
export type Mood = 'well' | 'refuse' | 'hang' | 'throttle' | 'error';

type Row = Record<string, AttributeValue>;

/**
 * The stores that serving reads, over the wire and no further than it reads them: DynamoDB's two ways
 * of getting items and its query, S3's GET of an object and its ranges, a secret's value, the stream's put of a record. Each can be put into a bad mood, which
 * the real client of the AWS SDK then has to live with.
 */
export class ServingStores {
  readonly moods = {
    dynamodb: 'well' as Mood,
    s3: 'well' as Mood,
    secrets: 'well' as Mood,
    kinesis: 'well' as Mood,
  };
  /** Events that were put on the stream. */
  readonly events: { readonly event?: string; readonly [field: string]: unknown }[] = [];
  /** How the next request to a store fares, instead of the store's mood. */
  nextMood: ((store: keyof ServingStores['moods']) => Mood) | undefined;
  readonly objects = new Map<string, Uint8Array>();
  secret = '';
  readonly #tables = new Map<string, Map<string, Row>>();
  readonly #servers: Server[] = [];

  put(table: string, keyNames: readonly string[], item: Record<string, unknown>): void {
    const row = marshall(item, { removeUndefinedValues: true });
    const rows = this.#tables.get(table) ?? new Map<string, Row>();
    rows.set(keyOf(Object.fromEntries(keyNames.map((name) => [name, row[name]]))), row);
    this.#tables.set(table, rows);
  }

  clear(): void {
    this.#tables.clear();
    this.objects.clear();
    this.nextMood = undefined;
    Object.assign(this.moods, { dynamodb: 'well', s3: 'well', secrets: 'well', kinesis: 'well' });
    this.events.length = 0;
  }

  /** Starts all four; the environment variables by which the SDK finds them. */
  async start(): Promise<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_DYNAMODB: await this.#listen('dynamodb', (request, body) =>
        this.#dynamoDb(request, body),
      ),
      AWS_ENDPOINT_URL_S3: await this.#listen('s3', (request) => {
        const object = this.objects.get(decodeURIComponent(request.url?.split('?')[0] ?? ''));
        const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
        const part = from === undefined ? object : object?.subarray(Number(from), Number(to) + 1);
        return part ?? { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
      }),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: await this.#listen('secrets', () =>
        JSON.stringify({ SecretString: this.secret }),
      ),
      AWS_ENDPOINT_URL_KINESIS: await this.#listen('kinesis', (_request, body) => {
        this.events.push(JSON.parse(Buffer.from(JSON.parse(body).Data, 'base64').toString()));
        return JSON.stringify({ ShardId: 'shardId-000000000000', SequenceNumber: '1' });
      }),
    };
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  #dynamoDb(request: IncomingMessage, body: string): string {
    const asked = JSON.parse(body);
    if (request.headers['x-amz-target'] === 'DynamoDB_20120810.GetItem') {
      const Item = this.#tables.get(asked.TableName)?.get(keyOf(asked.Key));
      return JSON.stringify(Item === undefined ? {} : { Item });
    }
    if (request.headers['x-amz-target'] === 'DynamoDB_20120810.Query') {
      const wanted = JSON.stringify(asked.ExpressionAttributeValues[':kind']);
      const rows = [...(this.#tables.get(asked.TableName)?.values() ?? [])];
      const Items = rows.filter((row) => JSON.stringify(row.kind) === wanted);
      return JSON.stringify({ Items, Count: Items.length });
    }
    const tables: [string, { Keys: Row[] }][] = Object.entries(asked.RequestItems);
    const Responses = Object.fromEntries(
      tables.map(([table, { Keys }]) => [
        table,
        Keys.map((key) => this.#tables.get(table)?.get(keyOf(key))).filter(
          (row) => row !== undefined,
        ),
      ]),
    );
    return JSON.stringify({ Responses, UnprocessedKeys: {} });
  }

  async #listen(
    store: keyof ServingStores['moods'],
    answer: (
      request: IncomingMessage,
      body: string,
    ) => string | Uint8Array | { status: number; body: string },
  ): Promise<string> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const mood = this.nextMood?.(store) ?? this.moods[store];
      if (mood !== 'well') return misbehave(mood, response);
      const given = answer(request, Buffer.concat(chunks).toString());
      const isPlain = typeof given === 'string' || given instanceof Uint8Array;
      response.writeHead(isPlain ? 200 : given.status).end(isPlain ? given : given.body);
    });
    this.#servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

function keyOf(key: object): string {
  return JSON.stringify(Object.entries(key).toSorted(([a], [b]) => a.localeCompare(b)));
}

function misbehave(mood: Exclude<Mood, 'well'>, response: ServerResponse): void {
  if (mood === 'refuse') response.destroy();
  if (mood === 'throttle') {
    response.writeHead(400).end(JSON.stringify({ __type: 'ThrottlingException', message: 'slow' }));
  }
  if (mood === 'error') response.writeHead(500).end('{}');
}
