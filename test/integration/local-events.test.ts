/** An object in a bucket starts what a rule names: a machine over its lines, or a function. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import type { LogLine } from '../../local/log-line.ts';
import { eventually } from './cloud.ts';

const ASSEMBLY = 'test/fixtures/local-cloud-events';

let cloud: LocalCloud;
let s3: S3Client;
const lines: LogLine[] = [];
beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, log: (line) => lines.push(line) });
  s3 = new S3Client({
    region: cloud.connection.region,
    endpoint: cloud.connection.aws.s3 ?? '',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  await cloud?.stop();
  s3?.destroy();
});

const drop = (Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: cloud.outputs.DropBucketName, Key, Body }));

async function result(Key: string) {
  const { Body } = await s3.send(
    new GetObjectCommand({ Bucket: cloud.outputs.ResultsBucketName, Key }),
  );
  return JSON.parse((await Body?.transformToString()) ?? 'null');
}

/** The keys under a prefix of the results, once one of them ends so. */
const resultKeys = (prefix: string, ending: string) =>
  eventually(
    `${prefix}…${ending}`,
    async () => {
      const listed = await s3.send(
        new ListObjectsV2Command({ Bucket: cloud.outputs.ResultsBucketName, Prefix: prefix }),
      );
      return (listed.Contents ?? []).map(({ Key = '' }) => Key);
    },
    (keys) => keys.some((key) => key.endsWith(ending)),
  );

describe('a rule for new objects', () => {
  it('starts a machine that maps the lines and writes what came of them', async () => {
    await drop('sum/a.jsonl', '{"n":1}\n{"n":2}\n{"n":4}\n');
    const keys = await resultKeys('sums/', '/manifest.json');
    const { ResultFiles } = await result(keys.find((key) => key.endsWith('manifest.json')) ?? '');
    const [file] = ResultFiles.SUCCEEDED;
    const children: { Output: string }[] = await result(file.Key);
    expect(children.map(({ Output }) => Output)).toEqual(['3', '4']);
  });

  it('invokes a function with the event', async () => {
    await drop('receive/a', 'abc');
    await resultKeys('received/', 'receive/a');
    expect(await result('received/receive/a')).toMatchObject({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      region: cloud.connection.region,
      detail: { object: { key: 'receive/a', size: 3 } },
    });
  });

  it('tells of a function that failed three times', async () => {
    await drop('receive/poison', '');
    const troubles = await eventually(
      'a report',
      async () => lines.flatMap((line) => (line.kind === 'trouble' ? [line.message] : [])),
      (messages) => messages.length > 0,
    );
    expect(troubles).toEqual([expect.stringContaining('Receive failed 3 times: TypeError')]);
  });

  it.each([
    ['a matcher', { EventPattern: { source: [{ 'anything-but': 'aws.s3' }] } }, 'anything-but'],
    [
      'a target',
      { Targets: [{ Id: 'a', Arn: 'arn:aws:sns:eu-west-1:000000000000:topic' }] },
      'neither a state machine nor a function',
    ],
    [
      'a property of a target',
      { Targets: [{ Id: 'a', Arn: 'a', InputTransformer: { InputTemplate: '""' } }] },
      'InputTransformer',
    ],
  ])('is refused by name for %s that isn’t built', async (_what, properties, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'kindred-refused-'));
    await cp(ASSEMBLY, folder, { recursive: true });
    const file = join(folder, 'Events.template.json');
    const template = JSON.parse(await readFile(file, 'utf8'));
    Object.assign(template.Resources.SumRule.Properties, properties);
    await writeFile(file, JSON.stringify(template));
    await expect(startLocalCloud({ assemblyDirectory: folder })).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });
});
