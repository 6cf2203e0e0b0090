import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { IdentityHasher, identityRef } from '../../core/identity/identity-key.ts';
import { erasedCount } from '../support/erased-count.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const ADDRESS = 'dora.test@example.com';
const DORA = 'dora-0815';
const environment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'kindred',
  AWS_SECRET_ACCESS_KEY: 'kindred',
};

let test: TestCloud;
let folder: string;
let hasher: IdentityHasher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-suppressed-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  environment.AWS_REGION = connection.region;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  const secrets = new SecretsManagerClient({
    region: connection.region,
    endpoint: connection.aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const SecretId = connection.resources.IdentitySecretArn ?? '';
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secrets.destroy();
  hasher = new IdentityHasher(SecretString);
}, 300_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shell = (line: string) => kindredShell(line, folder, environment);
const eventCountOf = async (userId: string) => (await test.profileOf(userId))?.eventCount ?? 0;

/** The address' own item of the identities table. */
async function itemOfAddress() {
  const { dynamoDb } = test.clients;
  const TableName = test.cloud.connection.resources.IdentitiesTableName ?? '';
  const Key = { identity: { S: identityRef(hasher.of('email', ADDRESS)) } };
  const { Item = {} } = await dynamoDb.send(
    new GetItemCommand({ TableName, Key, ConsistentRead: true }),
  );
  return unmarshall(Item);
}

/** What Dora, or somebody with her address, does from now on; resolves when all of it has been looked at. */
async function goOn(number: number): Promise<void> {
  const before = await erasedCount(test);
  const later = new Date(Date.now() + 1_000).toISOString();
  const track = (said: object) =>
    test.send('/v1/track', { event: 'Came Back', timestamp: later, ...said });
  await track({ userId: DORA, messageId: `dora-${number}-1` });
  await track({ context: { traits: { email: ADDRESS } }, anonymousId: `browser-${number}` });
  await test.send('/v1/identify', {
    userId: `other-${number}`,
    traits: { email: ADDRESS },
    messageId: `dora-${number}-2`,
  });
  await eventually(
    'the other account',
    () => eventCountOf(`other-${number}`),
    (count) => count === 1,
  );
  await eventually(
    'the drops',
    () => erasedCount(test),
    (count) => count === before + 2,
  );
}

async function expectNobody(number: number): Promise<void> {
  expect(await test.profileOf(DORA)).toBeUndefined();
  const item = await itemOfAddress();
  expect(item).toMatchObject({ erased: { isSuppressed: true } });
  expect(item.profileId).toBeUndefined();
  // Whoever gives the address under another account is somebody else, and is not known by it.
  const other = await test.profileOf(`other-${number}`);
  expect(other?.identities.filter((ref) => ref.startsWith('email'))).toEqual([]);
  expect((await test.recommend('for-you', DORA)).reason).not.toMatch(/you viewed/u);
}

describe('a customer who is erased with --suppress', () => {
  it('is kept out for good, with the address, whatever comes afterwards', async () => {
    await test.send('/v1/identify', {
      userId: DORA,
      traits: { email: ADDRESS },
      messageId: 'dora-0-1',
    });
    await eventually(
      'Dora',
      () => eventCountOf(DORA),
      (count) => count === 1,
    );
    expect((await itemOfAddress()).profileId).toBeDefined();
    const erased = await shell(`npx kindred customer erase --customer ${DORA} --suppress`);
    expect(erased).toMatch(/done, pass \d/u);
    expect(JSON.parse(await shell(`npx kindred customer show --customer ${DORA}`))).toMatchObject({
      profile: null,
      erasures: expect.arrayContaining([expect.objectContaining({ isSuppressed: true })]),
    });
    await goOn(1);
    await expectNobody(1);
  }, 300_000);

  it('also after another erasure that does not ask for it, by the address alone', async () => {
    const sha256 = createHash('sha256').update(ADDRESS).digest('hex');
    expect(await shell(`npx kindred customer erase --customer ${sha256}`)).toMatch(/done, pass/u);
    await goOn(2);
    await expectNobody(2);
  }, 300_000);
});
