import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSnsEndpoint } from '../../../adapters/sns/sns-endpoint.ts';

let origin: string;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  if (request.url === '/moved') response.writeHead(302, { location: '/certificate' }).end();
  else if (request.url === '/broken') response.writeHead(500).end();
  else if (request.url === '/huge') response.end('x'.repeat(100_000));
  else response.end('-----BEGIN CERTIFICATE-----');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('what is fetched of SNS', () => {
  it('is a certificate, once', async () => {
    const sns = createSnsEndpoint();
    for (let time = 0; time < 3; time += 1) {
      expect(await sns.certificate(`${origin}/certificate`)).toContain('CERTIFICATE');
    }
    expect(asked.filter((path) => path === '/certificate')).toHaveLength(1);
  });

  it('is a subscription’s confirmation, each time', async () => {
    const sns = createSnsEndpoint();
    await sns.confirm(`${origin}/?Action=ConfirmSubscription`);
    await sns.confirm(`${origin}/?Action=ConfirmSubscription`);
    expect(asked.filter((path) => path.startsWith('/?Action'))).toHaveLength(2);
  });

  it.each(['/moved', '/broken', '/huge'])('%s is an error, and isn’t remembered', async (path) => {
    const sns = createSnsEndpoint();
    await expect(sns.certificate(origin + path)).rejects.toThrow();
    await expect(sns.certificate(origin + path)).rejects.toThrow();
    expect(asked.filter((one) => one === path)).toHaveLength(2);
  });
});
