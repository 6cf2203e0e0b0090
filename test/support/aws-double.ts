import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What the collector's AWS services were asked, and how they shall answer. */
export interface AwsDouble {
  readonly endpoints: { kinesis: string; other: string };
  /** Data of the records that were taken, in order. */
  readonly records: string[];
  /** Numbers of records in each PutRecords request. */
  readonly requestSizes: number[];
  readonly objects: Map<string, string>;
  readonly secrets: Map<string, string>;
  /** `kind/id` → attributes. */
  readonly config: Map<string, object>;
  readonly reads: { secrets: number; config: number };
  /** Which entries of a PutRecords request fail; counted from 0 over the double's life. */
  failRecord: (request: number, index: number) => boolean;
  /** HTTP status of everything a service answers while it is down. */
  down: Partial<Record<'kinesis' | 's3' | 'secrets' | 'dynamodb', number>>;
  close(): Promise<void>;
}

/** A stand-in for four services, just enough to make them fail in ways that whole engines can't be told to. */
export async function startAwsDouble(): Promise<AwsDouble> {
  const state = {
    records: [] as string[],
    requestSizes: [] as number[],
    objects: new Map<string, string>(),
    secrets: new Map<string, string>(),
    config: new Map<string, object>(),
    reads: { secrets: 0, config: 0 },
    failRecord: (_request: number, _index: number): boolean => false,
    down: {} as AwsDouble['down'],
  };

  const putRecords = (body: string): object => {
    const request = state.requestSizes.length;
    const { Records } = JSON.parse(body) as { Records: { Data: string }[] };
    state.requestSizes.push(Records.length);
    const results = Records.map(({ Data }, index) => {
      if (state.failRecord(request, index)) {
        return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };
      }
      state.records.push(Buffer.from(Data, 'base64').toString());
      return { SequenceNumber: String(state.records.length), ShardId: 'shardId-000000000000' };
    });
    return {
      FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length,
      Records: results,
    };
  };

  // The SDK speaks HTTP/2 to Kinesis and HTTP/1.1 to the others.
  const kinesis = createHttp2Server(async (request, response) => {
    const body = await textOf(request);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (state.down.kinesis !== undefined) {
      response.writeHead(state.down.kinesis).end('{"__type":"InternalFailure"}');
      return;
    }
    response.end(JSON.stringify(putRecords(body)));
  });

  const other = createServer(async (request, response) => {
    const body = await textOf(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith('secretsmanager')) answerSecret(body, response);
    else if (target.startsWith('DynamoDB')) answerItem(body, response);
    else putObject(request, body, response);
  });

  function answerSecret(body: string, response: ServerResponse): void {
    state.reads.secrets += 1;
    const { SecretId } = JSON.parse(body) as { SecretId: string };
    const status = state.down.secrets ?? 200;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      status === 200 ? JSON.stringify({ SecretString: state.secrets.get(SecretId) }) : '{}',
    );
  }

  function answerItem(body: string, response: ServerResponse): void {
    state.reads.config += 1;
    const { Key } = JSON.parse(body) as { Key: { kind: { S: string }; id: { S: string } } };
    const status = state.down.dynamodb ?? 200;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ Item: state.config.get(`${Key.kind.S}/${Key.id.S}`) }));
  }

  function putObject(request: IncomingMessage, body: string, response: ServerResponse): void {
    const status = state.down.s3 ?? 200;
    if (status === 200) {
      state.objects.set(decodeURIComponent((request.url ?? '').split('?')[0] ?? ''), body);
    }
    response.writeHead(status).end();
  }

  await Promise.all(
    [kinesis, other].map(
      (server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
    ),
  );
  const urlOf = (server: { address(): unknown }) =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    endpoints: { kinesis: urlOf(kinesis), other: urlOf(other) },
    close: async () => {
      other.closeAllConnections();
      other.close();
      kinesis.close();
    },
  });
}

async function textOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
