import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPutObject } from '../../adapters/s3/put-object.ts';
import { judgeSignature } from '../../local/gateway/signature.ts';
import { WRITE_KEY } from '../support/collector.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const KEY = 'quarantine/day=2026-11-23/reason=bad-time/source=web (1)/a+b.json';
let services: CollectorServices;

beforeAll(async () => {
  services = await startCollectorServices(WRITE_KEY);
  for (const [name, value] of Object.entries(services.variables)) vi.stubEnv(name, value);
});
beforeEach(() => services.faults.liftAll());
afterAll(async () => {
  vi.unstubAllEnvs();
  await services.stop();
});

const soon = () => Date.now() + 5_000;

describe('putting an object', () => {
  it('stores it whole under exactly its key', async () => {
    await createPutObject('quarantine')(KEY, '{"name":"Zoë"}', soon());
    expect(await services.quarantined()).toContainEqual({ key: KEY, body: '{"name":"Zoë"}' });
  });

  it.each(['error', 'throttle', 'refuse'] as const)('waits out one %s', async (kind) => {
    services.faults.inject({ service: 's3', action: { kind }, times: 1 });
    await createPutObject('quarantine')(`${kind}.json`, '{}', soon());
    expect((await services.quarantined()).map(({ key }) => key)).toContain(`${kind}.json`);
  });

  it('gives up at the deadline when S3 hangs', async () => {
    services.faults.inject({ service: 's3', action: { kind: 'hang' } });
    const deadlineMs = Date.now() + 300;
    const put = createPutObject('quarantine')('hung.json', '{}', deadlineMs);
    await expect(put).rejects.toThrow('not stored');
  });

  it('does not try again what is refused for good', async () => {
    let requestCount = 0;
    services.observe('s3', () => {
      requestCount += 1;
    });
    await expect(createPutObject('no-such-bucket')('a.json', '{}', soon())).rejects.toThrow();
    expect(requestCount).toBe(1);
  });

  it('signs what it sends, body and key included, as S3 verifies it', async () => {
    const judged: unknown[] = [];
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const headers = Object.entries(incoming.headers).map(
        ([name, value]) => [name, String(value)] as const,
      );
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        query: new URLSearchParams(),
        headers,
        body: Buffer.concat(chunks),
        receivedAtMs: Date.now(),
      };
      const scope = { service: 's3', region: 'eu-central-1' };
      judged.push(judgeSignature(request, scope).kind);
      judged.push(judgeSignature({ ...request, body: Buffer.from('other') }, scope).kind);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${port}`);
    await createPutObject('quarantine')(KEY, '{}', soon());
    server.close();
    vi.stubEnv('AWS_ENDPOINT_URL_S3', services.variables.AWS_ENDPOINT_URL_S3);
    expect(judged).toEqual(['valid', 'invalid']);
  });
});
