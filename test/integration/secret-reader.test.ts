import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type SecretsManagerEngine,
  startSecretsManagerEngine,
} from '../../local/engines/secrets-manager.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults } from '../contract/endpoint.ts';

const faults = new Faults();
let engine: SecretsManagerEngine;

beforeAll(async () => {
  engine = await startSecretsManagerEngine({ faults });
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', engine.endpoint);
  vi.stubEnv('AWS_REGION', clientDefaults.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', clientDefaults.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', clientDefaults.credentials.secretAccessKey);
  const client = new SecretsManagerClient({ ...clientDefaults, endpoint: engine.endpoint });
  await client.send(new CreateSecretCommand({ Name: 'identity', SecretString: 'Zoë’s secret' }));
  client.destroy();
});
beforeEach(() => {
  faults.liftAll();
  // What is remembered is the process's.
  vi.resetModules();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await engine.stop();
});

async function reader(): Promise<(secretId: string) => Promise<string>> {
  const { readSecret } = await import('../../adapters/secrets/secret-reader.ts');
  return readSecret;
}

describe('reading a secret', () => {
  it('gives its text', async () => {
    const read = await reader();
    expect(await read('identity')).toBe('Zoë’s secret');
  });

  it.each(['error', 'throttle'] as const)('waits out one %s', async (kind) => {
    const read = await reader();
    faults.inject({ service: 'secretsmanager', action: { kind }, times: 1 });
    expect(await read('identity')).toBe('Zoë’s secret');
  });

  it('asks once for those who come together and those who come soon after', async () => {
    const read = await reader();
    const asked = vi.fn();
    subscribe('http.client.request.start', asked);
    await Promise.all([read('identity'), read('identity')]);
    await read('identity');
    unsubscribe('http.client.request.start', asked);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('goes on with what it knows when a renewal fails, and throws when it knows nothing', async () => {
    const read = await reader();
    await read('identity');
    faults.inject({ service: 'secretsmanager', action: { kind: 'error' } });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 });
    expect(await read('identity')).toBe('Zoë’s secret');
    vi.useRealTimers();
    await expect(read('never read')).rejects.toThrow('HTTP 500');
  });

  it('says nothing of a secret that is not there', async () => {
    const read = await reader();
    await expect(read('missing')).rejects.toThrow(/^HTTP 400$/);
  });
});
