import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  generateSecretString,
  type SecretsManagerEngine,
  startSecretsManagerEngine,
} from '../../local/engines/secrets-manager.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

let engine: SecretsManagerEngine | undefined;
let client: SecretsManagerClient;

beforeAll(async () => {
  const foreign = foreignEndpoint('secretsmanager');
  engine = foreign === undefined ? await startSecretsManagerEngine() : undefined;
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
