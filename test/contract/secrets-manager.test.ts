/** What the product relies on in Secrets Manager; KINDRED_CONTRACT_SECRETSMANAGER_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSecretString } from '../../local/engines/generate-secret-string.ts';
import {
  type SecretsManagerEngine,
  startSecretsManagerEngine,
} from '../../local/engines/secrets-manager.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

const faults = new Faults();
let engine: SecretsManagerEngine | undefined;
let client: SecretsManagerClient;

beforeAll(async () => {
  const foreign = foreignEndpoint('secretsmanager');
  engine = foreign === undefined ? await startSecretsManagerEngine({ faults }) : undefined;
  client = new SecretsManagerClient({
    ...clientDefaults,
    endpoint: foreign ?? engine?.endpoint ?? '',
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await engine?.stop();
});

describe('a secret', () => {
  it('is read by its name and by its ARN, as it was written last', async () => {
    const Name = `contract-${randomUUID()}`;
    const { ARN } = await client.send(new CreateSecretCommand({ Name, SecretString: 'first' }));
    await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'second' }));
    for (const SecretId of [Name, ARN]) {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      expect(SecretString).toBe('second');
    }
  });

  it('is created once', async () => {
    const Name = `contract-${randomUUID()}`;
    const create = () => client.send(new CreateSecretCommand({ Name, SecretString: 'first' }));
    await create();
    await expect(create()).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  it('is described and listed without its value', async () => {
    const Name = `contract-${randomUUID()}`;
    const { ARN, VersionId = '' } = await client.send(
      new CreateSecretCommand({ Name, SecretString: 'hidden' }),
    );
    const described = await client.send(new DescribeSecretCommand({ SecretId: Name }));
    expect(described).toMatchObject({ ARN, VersionIdsToStages: { [VersionId]: ['AWSCURRENT'] } });
    const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
    expect(SecretList.map((secret) => secret.Name)).toContain(Name);
    expect(JSON.stringify([described, SecretList])).not.toContain('hidden');
  });

  it('that does not exist is said to be missing', async () => {
    const missing = new GetSecretValueCommand({ SecretId: `none-${randomUUID()}` });
    await expect(client.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe.skipIf(foreignEndpoint('secretsmanager') !== undefined)('the local engine', () => {
  it('refuses what it does not implement', async () => {
    await expect(client.send(new RotateSecretCommand({ SecretId: 'a' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });

  it('refuses a version that it does not keep instead of answering with another', async () => {
    const Name = `contract-${randomUUID()}`;
    await client.send(new CreateSecretCommand({ Name, SecretString: 'first' }));
    const previous = { SecretId: Name, VersionStage: 'AWSPREVIOUS' };
    await expect(client.send(new GetSecretValueCommand(previous))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const other = { SecretId: Name, VersionId: randomUUID() };
    await expect(client.send(new GetSecretValueCommand(other))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it.each([
    ['throttle', 'ThrottlingException'],
    ['error', 'InternalServerError'],
  ] as const)('fails with "%s" when told to', async (kind, name) => {
    faults.inject({ service: 'secretsmanager', action: { kind }, times: 1 });
    await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name });
    await client.send(new ListSecretsCommand({}));
  });

  it('generates at least one of each kind of character, unless told otherwise', () => {
    for (let time = 0; time < 50; time += 1) {
      const value = generateSecretString({ PasswordLength: 4 });
      expect(value).toHaveLength(4);
      for (const kind of [/[a-z]/u, /[A-Z]/u, /\d/u, /[^A-Za-z\d]/u]) expect(value).toMatch(kind);
    }
    expect(() => generateSecretString({ PasswordLength: 3 })).toThrow(/each kind/u);
    const any = generateSecretString({ PasswordLength: 3, RequireEachIncludedType: false });
    expect(any).toHaveLength(3);
  });

  it('generates nothing when every character is excluded', () => {
    const excluded = {
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludePunctuation: true,
      ExcludeCharacters: '0123456789',
    };
    expect(() => generateSecretString(excluded)).toThrow(/No character is left/u);
  });

  it('generates strings as CloudFormation asks for them', () => {
    expect(generateSecretString({ PasswordLength: 64, ExcludePunctuation: true })).toMatch(
      /^[A-Za-z0-9]{64}$/u,
    );
    const document = generateSecretString({
      SecretStringTemplate: '{"user":"a"}',
      GenerateStringKey: 'password',
      ExcludeCharacters: '"\\',
    });
    expect(JSON.parse(document)).toMatchObject({
      user: 'a',
      password: expect.stringMatching(/^.{32}$/u),
    });
    expect(() => generateSecretString({ Unknown: true })).toThrow(/Unknown/u);
  });
});
