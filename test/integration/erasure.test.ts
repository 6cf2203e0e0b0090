import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { executionStatus } from '../../adapters/stepfunctions/executions.ts';
import { writeConnection } from '../../cli/connection.ts';
import { IdentityHasher, identityRef } from '../../core/identity/identity-key.ts';
import { foundedProfileId } from '../../core/identity/profile-id.ts';
import { signedCertificate } from '../../core/privacy/certificate.ts';
import { everything, objectsOf, placesOf, textOf } from '../support/customer-places.ts';
import { erasedCount } from '../support/erased-count.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = new Date().toISOString().slice(0, 10);
const ADDRESS = 'anna.test@example.com';
const ANNA = 'anna-4711';
const DEVICE = 'device-of-anna';
const ORDER = 'order-of-anna-1';

let test: TestCloud;
let folder: string;
let commands: string[];
let hasher: IdentityHasher;
const environment: Record<string, string> = {};
const resources = () => test.cloud.connection.resources;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-erasure-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  const secrets = new SecretsManagerClient({
    region: connection.region,
    endpoint: connection.aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const secret = await secrets.send(
    new GetSecretValueCommand({ SecretId: resources().IdentitySecretArn ?? '' }),
  );
  hasher = new IdentityHasher(secret.SecretString ?? '');
  Object.assign(environment, {
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: 'kindred',
    AWS_SECRET_ACCESS_KEY: 'kindred',
    API_URL: connection.api,
    CUSTOMER: ANNA,
  });
  const guide = await readFile(join(root, 'docs', 'how-to', 'customers-rights.md'), 'utf8');
  const fences = [...guide.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, text = '']) => text);
  commands = fences.flatMap((text) => text.split(/(?<!\\)\n/u)).map((line) => line.trim());
  commands = commands.filter((line) => line !== '');
}, 300_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shell = (line: string) => kindredShell(line, folder, environment);

/** The guide's next command, which is to be this one. */
function next(command: RegExp): Promise<string> {
  const line = commands.shift() ?? '';
  expect(line).toMatch(command);
  return shell(line);
}

const track = (said: object) => test.send('/v1/track', said);
const eventCountOf = async (userId: string) => (await test.profileOf(userId))?.eventCount ?? 0;

const identitiesOfAnna = () => [
  hasher.of('userId', ANNA),
  hasher.of('anonymousId', DEVICE),
  hasher.of('email', ADDRESS),
];

/** Anna's keys and ids, all of them. */
function traces(): string[] {
  const keys = identitiesOfAnna().map(({ key }) => key);
  const sha256 = createHash('sha256').update(ADDRESS).digest('hex');
  return [...keys, ANNA, DEVICE, ADDRESS, sha256, ORDER, 'message-of-anna'];
}

/** Where anything of Anna is, by kind of place. */
const places = () => placesOf(test, traces());

const put = (bucket: string | undefined, key: string, body: string | Buffer) =>
  test.clients.s3.send(new PutObjectCommand({ Bucket: bucket ?? '', Key: key, Body: body }));

async function storedProfile(profileId: string) {
  const { Item } = await test.clients.dynamoDb.send(
    new GetItemCommand({
      TableName: resources().ProfilesTableName ?? '',
      Key: { profileId: { S: profileId } },
      ConsistentRead: true,
    }),
  );
  return Item;
}

async function browse(): Promise<void> {
  const product = { product_id: 'p1', name: 'Cup', price: 3, currency: 'EUR' };
  const viewed = { event: 'Product Viewed', properties: product };
  await track({ ...viewed, anonymousId: DEVICE, messageId: 'message-of-anna-1' });
  const founded = foundedProfileId(identityRef(hasher.of('anonymousId', DEVICE)));
  await eventually(
    'the device’s own profile',
    async () => (await storedProfile(founded)) !== undefined,
    (isThere) => isThere,
  );
  // Forgotten three years after the last that was heard.
  const expiresAt = Number((await storedProfile(founded))?.expiresAt?.N);
  expect(Math.round((expiresAt * 1000 - Date.now()) / DAY_MS)).toBe(1095);
  await test.send('/v1/identify', {
    userId: ANNA,
    anonymousId: DEVICE,
    traits: { email: ADDRESS, plan: 'gold' },
    messageId: 'message-of-anna-2',
  });
  await track({
    event: 'Order Completed',
    userId: ANNA,
    messageId: 'message-of-anna-3',
    properties: { order_id: ORDER, total: 3, currency: 'EUR', products: [product] },
  });
  await eventually(
    'Anna',
    () => eventCountOf(ANNA),
    (count) => count === 3,
  );
  // Bert has an account of his own, and has used Anna's device.
  await track({ ...viewed, userId: 'bert', messageId: 'message-of-bert-1' });
  await track({ ...viewed, userId: 'bert', anonymousId: DEVICE, messageId: 'message-of-bert-2' });
  // Refused: a track call without a name.
  expect((await track({ userId: ANNA, messageId: 'message-of-anna-4' })).status).toBe(400);
  await eventually(
    'Bert',
    () => eventCountOf('bert'),
    (count) => count === 2,
  );
}

/** What failures and imports leave behind. */
async function fail(): Promise<void> {
  const { key } = hasher.of('userId', ANNA);
  const line = (who: object) =>
    Buffer.from(JSON.stringify({ ...event, identities: [who] })).toString('base64');
  const event = {
    schemaVersion: 1,
    messageId: 'message-of-anna-5',
    type: 'track',
    event: 'Any',
    source: 'website',
    timestamp: '2026-01-01T00:00:00.000Z',
    receivedAt: '2026-01-01T00:00:00.000Z',
  };
  const bert = hasher.of('userId', 'bert');
  const { FailuresBucketName: failures, DropBucketName: drop } = resources();
  const poison = { cause: 'not a collected event', data: line({ kind: 'userId', key }) };
  await put(failures, 'poison/shard-1/1.json', JSON.stringify(poison));
  const refused = { profileId: `u_${key}`, identities: [], event: {} };
  await put(failures, `identities/day=${TODAY}/u_${key}.json`, JSON.stringify(refused));
  const Records = [
    { kinesis: { data: line({ kind: 'userId', key }) } },
    {
      kinesis: {
        data: Buffer.from(
          JSON.stringify({ ...event, messageId: 'message-of-bert-3', identities: [bert] }),
        ).toString('base64'),
      },
    },
  ];
  const batch = { version: '1.0', payload: JSON.stringify({ Records }) };
  await put(failures, 'aws/lambda/mapping/shard-1/2026/01/01/x', JSON.stringify(batch));
  await put(drop, 'rejects/run-1/00001.csv', `id;mail\n1;${ADDRESS}\n2;bert@example.com\n`);
}

async function compact(): Promise<void> {
  const { sfn } = test.clients;
  const { executionArn = '' } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: resources().CompactStateMachineArn ?? '',
      input: JSON.stringify({ day: TODAY }),
    }),
  );
  await eventually(
    'the compaction',
    () => executionStatus(sfn, executionArn),
    ({ kind }) => kind === 'succeeded',
  );
}

const rawText = async () => {
  let text = '';
  for await (const { key, bytes } of objectsOf(test, resources().LakeBucketName ?? '', 'raw/')) {
    text += await textOf(key, bytes);
  }
  return text;
};

async function replayLake(...options: string[]): Promise<number> {
  const line = `npx kindred replay start --raw --rate 1000 --json ${options.join(' ')}`;
  return z.object({ acceptedCount: z.number() }).parse(JSON.parse(await shell(line))).acceptedCount;
}

describe('a customer who asks to be forgotten', () => {
  const backup: { key: string; bytes: Buffer }[] = [];

  it('is everywhere at first', async () => {
    await browse();
    await fail();
    await eventually('the lake', rawText, (text) =>
      [1, 2, 3].every((number) => text.includes(`message-of-anna-${number}`)),
    );
    await eventually('Bert in the lake', rawText, (text) => text.includes('message-of-bert-2'));
    await compact();
    for await (const object of objectsOf(test, resources().LakeBucketName ?? '', 'raw/')) {
      backup.push(object);
    }
    expect(await places()).toEqual([
      'DedupeTableName',
      'DropBucketName/rejects',
      'FailuresBucketName/aws',
      'FailuresBucketName/identities',
      'FailuresBucketName/poison',
      'IdentitiesTableName',
      'InspectorTableName',
      'LakeBucketName/curated',
      'LakeBucketName/raw',
      'ProfilesTableName',
      'QuarantineBucketName/quarantine',
    ]);
  }, 240_000);

  it('gets everything as one document', async () => {
    expect(JSON.parse(await next(/customer show/))).toMatchObject({
      profile: { eventCount: 3 },
      identities: expect.arrayContaining([`userId#${hasher.of('userId', ANNA).key}`]),
    });
    expect(await next(/customer export/)).toContain('Written to export.json');
    const exported = z
      .object({
        tables: z.object({ profile: z.object({ eventCount: z.number() }) }),
        found: z.array(z.object({ area: z.string(), record: z.unknown() })),
      })
      .parse(JSON.parse(await readFile(join(folder, 'export.json'), 'utf8')));
    const counts = new Map<string, number>();
    for (const { area } of exported.found) counts.set(area, (counts.get(area) ?? 0) + 1);
    // Three events, and a row of each beside the rows of their two products.
    expect(Object.fromEntries(counts)).toEqual({
      raw: 3,
      curated: 5,
      quarantine: 1,
      poison: 1,
      'refused identities': 1,
      'abandoned batches': 1,
      'rejected rows': 1,
    });
    expect(JSON.stringify(exported)).not.toContain('message-of-bert');
    expect(JSON.stringify(exported)).not.toContain('bert@example.com');
  }, 240_000);

  it('is nowhere afterwards but in the marks, and others are untouched', async () => {
    const before = await places();
    expect(await next(/erase .*--dry-run/)).toMatch(/raw: 3 records would be erased/);
    expect(await places()).toEqual(before);

    expect(await next(/erase .*--reason/)).toMatch(/done, pass \d/);
    const records = objectsOf(test, resources().PrivacyBucketName ?? '', 'erasures/');
    for await (const { key } of records) environment.ERASURE_ID = key.slice(9, -5);
    expect(await next(/customer erasure/)).toMatch(/order claims: 1 deleted/);
    expect(await places()).toEqual(['IdentitiesTableName', 'PrivacyBucketName/erasures']);
    expect(await test.profileOf(ANNA)).toBeUndefined();
    expect(await eventCountOf('bert')).toBe(2);
    const raw = await rawText();
    expect(raw).toContain('message-of-bert-1');
    expect(raw).toContain('message-of-bert-2');
    const all = await everything(test);
    const has = (place: string, word: string) =>
      all.some((each) => each.place.startsWith(place) && each.text.includes(word));
    expect(has('LakeBucketName/curated', 'message-of-bert-2')).toBe(true);
    expect(has('FailuresBucketName/aws', 'message-of-bert-3')).toBe(true);
    expect(has('DropBucketName/rejects', 'bert@example.com')).toBe(true);
  }, 300_000);

  it('leaves a certificate without personal data, which shows any change', async () => {
    await next(/customer certificate/);
    const text = await readFile(join(folder, 'certificate.json'), 'utf8');
    const signed = signedCertificate.extend({ isGenuine: z.boolean() }).parse(JSON.parse(text));
    expect(signed.isGenuine).toBe(true);
    expect(signed.certificate).toMatchObject({
      erasureId: environment.ERASURE_ID,
      reason: 'request 2026-118',
      requestedBy: expect.stringMatching(/^arn:aws:iam::.*:user\/kindred$/),
      counts: {
        raw: { records: 3 },
        curated: { records: 5 },
        quarantine: { deleted: 1 },
        profiles: { deleted: 2 },
        'order claims': { deleted: 1 },
      },
    });
    for (const trace of traces()) expect(text).not.toContain(trace);
    for (const line of test.logLines())
      for (const trace of traces()) {
        expect(line.includes(trace), line).toBe(false);
      }
  });

  it('gets what strangers get', async () => {
    const { source, reason } = await test.recommend('for-you', ANNA);
    expect(['popular', 'trending', 'static']).toContain(source);
    expect(reason).not.toMatch(/you viewed/);
  });

  it('does not come back when a backup of the lake is replayed', async () => {
    for (const { key, bytes } of backup) await put(resources().LakeBucketName, key, bytes);
    expect(await replayLake()).toBeGreaterThanOrEqual(5);
    // As `kindred reset` would write it, for what a profile may have forgotten; of Anna's events alone.
    const identities = identitiesOfAnna().map(identityRef);
    const rebuild = { rebuildId: randomUUID(), resetAt: new Date().toISOString(), identities };
    await writeFile(join(folder, 'rebuild.json'), JSON.stringify(rebuild));
    expect(await replayLake('--rebuild', 'rebuild.json')).toBe(4);
    await eventually(
      'the drops',
      () => erasedCount(test),
      (count) => count >= 6,
    );
    expect(await test.profileOf(ANNA)).toBeUndefined();
    const tables = (await places()).filter((place) => place.endsWith('TableName'));
    expect(tables).toEqual(['IdentitiesTableName']);
  }, 240_000);

  it('comes back as a new customer with what happens afterwards, and that alone', async () => {
    const earlier = '2026-01-01T00:00:00.000Z';
    await test.send('/v1/import', {
      batch: [
        {
          type: 'track',
          event: 'Old Order',
          userId: ANNA,
          timestamp: earlier,
          messageId: 'message-of-anna-6',
        },
      ],
    });
    await track({ event: 'Came Back', userId: ANNA, messageId: 'message-of-anna-7' });
    await eventually(
      'the new profile',
      () => eventCountOf(ANNA),
      (count) => count > 0,
    );
    expect(await test.profileOf(ANNA)).toMatchObject({ eventCount: 1, orders: { count: 0 } });
  }, 120_000);

  it('loses the restored lake, and not the new profile, when the erasure is repeated', async () => {
    await eventually('the lake', rawText, (text) => text.includes('message-of-anna-7'));
    expect(await rawText()).toContain('message-of-anna-1');
    expect(await next(/customer resume/)).toMatch(/done, pass \d/);
    const raw = await rawText();
    for (const number of [1, 2, 3, 6]) expect(raw).not.toContain(`message-of-anna-${number}`);
    expect(raw).toContain('message-of-anna-7');
    expect(await eventCountOf(ANNA)).toBe(1);
    expect(await next(/^curl /)).toMatch(/"exportId":"[0-9a-f-]{36}"/);
    expect(commands).toEqual([]);
  }, 300_000);
});
