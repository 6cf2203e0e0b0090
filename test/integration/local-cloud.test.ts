import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { operations as s3Operations } from '../../local/engines/s3-operations.ts';
import type { LogLine } from '../../local/log-line.ts';
import { eventually } from './cloud.ts';

const ASSEMBLY = 'test/fixtures/local-cloud';

let cloud: LocalCloud;
let dynamoDb: DynamoDBClient;
let s3: S3Client;
const lines: LogLine[] = [];

const options = (service: string) => ({
  region: cloud.connection.region,
  endpoint: cloud.connection.aws[service] ?? '',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, log: (line) => lines.push(line) });
  dynamoDb = new DynamoDBClient(options('dynamodb'));
  s3 = new S3Client(options('s3'));
});
afterAll(async () => {
  await cloud?.stop();
  dynamoDb?.destroy();
  s3?.destroy();
});

function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return fetch(`${cloud.connection.api}${path}`, { method: 'POST', body, headers });
}

async function timesOf(line: string): Promise<number> {
  const { Item } = await dynamoDb.send(
    new GetItemCommand({
      TableName: cloud.outputs.TableName ?? '',
      Key: { line: { S: line } },
      ConsistentRead: true,
    }),
  );
  return Number(Item?.times?.N ?? 0);
}

const arrived = (line: string, times: number) =>
  eventually(
    `${line} ${times} times`,
    () => timesOf(line),
    (count) => count === times,
  );

async function objects(bucket: string, prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

describe('a template on this machine', () => {
  it('takes a request through function, stream, mapping and function into the table and the lake', async () => {
    const response = await post('/v1/open', 'a:1\nb:2');
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ accepted: 2 });
    await arrived('a:1', 1);
    await arrived('b:2', 1);
    await eventually(
      'the lines in the lake',
      () => objects(cloud.outputs.LakeBucketName ?? '', 'raw/day='),
      (keys) => keys.length > 0,
    );
    expect(lines.some((line) => line.kind === 'batch' && line.functionName === 'Fold')).toBe(true);
  });

  it('redelivers from the failed record on, and not what came before it', async () => {
    await post('/v1/open', 'p:before\np:again\np:after');
    await arrived('p:again', 2);
    await arrived('p:after', 1);
    expect(await timesOf('p:before')).toBe(1);
  });

  it('a function that crashes gets its batch again', async () => {
    await post('/v1/open', 'c:crash');
    await arrived('c:crash', 2);
  });

  it('poison alone ends in the failure bucket with its payload, and its neighbours arrive', async () => {
    await post('/v1/open', 'q:before\nq:poison\nq:after');
    await arrived('q:before', 1);
    await arrived('q:after', 1);
    const bucket = cloud.outputs.FailuresBucketName ?? '';
    const [key = ''] = await eventually(
      'the poison in the bucket',
      () => objects(bucket, 'aws/lambda/'),
      (keys) => keys.length > 0,
    );
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const document = JSON.parse((await object.Body?.transformToString()) ?? '');
    expect(document.KinesisBatchInfo.batchSize).toBe(1);
    const [{ kinesis }] = JSON.parse(document.payload).Records;
    expect(Buffer.from(kinesis.data, 'base64').toString()).toBe('q:poison');
    expect(cloud.alarms()).toEqual([{ name: 'fold-errors', state: 'ALARM' }]);
  });

  it('a killed function loses nothing', async () => {
    await post('/v1/open', 'k:1');
    cloud.functions.kill('Fold');
    await eventually(
      'the line',
      () => timesOf('k:1'),
      (times) => times >= 1,
    );
    expect(cloud.functions.memoryBytes()).toBeGreaterThan(0);
    expect(() => cloud.functions.kill('Nobody')).toThrow('Collect, Fold, Authorize');
  });
});

describe('its API', () => {
  it('answers 502 for a function that fails, or takes longer than it may', async () => {
    expect((await post('/v1/open', 'throw')).status).toBe(502);
    const late = await post('/v1/open', 'sleep');
    expect(late.status).toBe(502);
    expect(await late.json()).toEqual({ message: 'Internal server error' });
  });

  it('answers 403 for a path that is not there, and the mock where one is', async () => {
    const unknown = await fetch(`${cloud.connection.api}/v1/nothing`);
    expect(unknown.status).toBe(403);
    expect(await unknown.json()).toEqual({ message: 'Missing Authentication Token' });
    const preflight = await fetch(`${cloud.connection.api}/v1/open`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('answers 413 for a body over 10 MB, and for one that no function could take', async () => {
    for (const size of [11_000_000, 7_000_000]) {
      expect((await post('/v1/open', new Uint8Array(size))).status).toBe(413);
    }
  });

  it('asks the authorizer, then for the key, then for the plan', async () => {
    const key = cloud.connection.apiKey;
    const status = async (headers: Record<string, string>) =>
      (await post('/v1/guarded', 'g:1', headers)).status;
    expect(await status({})).toBe(401);
    expect(await status({ 'x-user': 'banned', 'x-key': key })).toBe(403);
    expect(await status({ 'x-user': 'anna', 'x-key': 'not-a-key' })).toBe(403);
    expect(await status({ 'x-user': 'anna', 'x-key': key })).toBe(202);
    expect(await status({ 'x-user': 'anna', 'x-key': key })).toBe(202);
    const throttled = await post('/v1/guarded', 'g:1', { 'x-user': 'anna', 'x-key': key });
    expect(throttled.status).toBe(429);
    expect(throttled.headers.get('retry-after')).toBe('1');
    expect(await throttled.json()).toEqual({ title: 'Too Many Requests' });
  });
});

describe('a start that cannot be', () => {
  it('names the port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(startLocalCloud({ assemblyDirectory: ASSEMBLY, port })).rejects.toThrow(
      `Port ${port} is taken.`,
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it('names the resource or the property that it doesn’t understand', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kindred-refused-'));
    await cp(ASSEMBLY, folder, { recursive: true });
    const file = join(folder, 'Test.template.json');
    const template = JSON.parse(await readFile(file, 'utf8'));
    template.Resources.Stream.Properties.Colour = 'red';
    await writeFile(file, JSON.stringify(template));
    await expect(startLocalCloud({ assemblyDirectory: folder })).rejects.toThrow(
      /Stream of Test \(AWS::Kinesis::Stream\)[\s\S]*Colour/u,
    );
    delete template.Resources.Stream.Properties.Colour;
    delete template.Resources.CollectPermission;
    await writeFile(file, JSON.stringify(template));
    await expect(startLocalCloud({ assemblyDirectory: folder })).rejects.toThrow(
      'Collect does not permit API Gateway',
    );
    await rm(folder, { recursive: true });
  });

  it('says how to make an assembly where there is none', async () => {
    await expect(startLocalCloud({ assemblyDirectory: 'test/nothing' })).rejects.toThrow(
      'npm run synth',
    );
  });
});

describe('kept data', () => {
  it('is there at the next start, what was acknowledged before the stop included', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'kindred-kept-'));
    const first = await startLocalCloud({ assemblyDirectory: ASSEMBLY, dataDirectory });
    const response = await fetch(`${first.connection.api}/v1/open`, {
      method: 'POST',
      body: 'kept:1',
    });
    expect(response.status).toBe(202);
    await first.stop();
    const second = await startLocalCloud({ assemblyDirectory: ASSEMBLY, dataDirectory });
    const client = new DynamoDBClient({
      region: second.connection.region,
      endpoint: second.connection.aws.dynamodb ?? '',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: second.outputs.TableName ?? '',
        Key: { line: { S: 'kept:1' } },
      }),
    );
    client.destroy();
    await second.stop();
    await rm(dataDirectory, { recursive: true });
    expect(Item?.times).toEqual({ N: '1' });
    expect(second.connection.writeKey).toBe(first.connection.writeKey);
  });
});

describe('the page of the local cloud', () => {
  /** An engine that is asked for what it hasn't got says what it has. */
  async function operationsOf(service: string): Promise<string[]> {
    if (service === 's3') return Object.keys(s3Operations);
    const isQuery = service === 'sns';
    const answer = await fetch(cloud.connection.aws[service] ?? '', {
      method: 'POST',
      ...(isQuery
        ? { body: new URLSearchParams({ Action: 'Nothing', Version: '2010-03-31' }) }
        : { body: '{}', headers: { 'x-amz-target': 'Nothing.Nothing' } }),
    });
    const [, list = ''] = /it has ([\w, ]+)\./.exec(await answer.text()) ?? [];
    return list.split(', ');
  }

  it('names each operation that an engine has, and no other', async () => {
    const text = await readFile('docs/local-cloud.md', 'utf8');
    const [, table = ''] =
      /<!-- operations -->\n([\s\S]*?)\n<!-- \/operations -->/.exec(text) ?? [];
    const rows = table.split('\n').slice(2);
    expect(rows).toHaveLength(Object.keys(cloud.connection.aws).length);
    for (const row of rows) {
      const [, , service = '', list = ''] = row.split('|').map((cell) => cell.trim());
      const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
      const has = await operationsOf(service.replaceAll('`', ''));
      expect([service, [...named].sort()]).toEqual([service, [...has].sort()]);
    }
  });
});
