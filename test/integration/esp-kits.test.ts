import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Liquid } from 'liquidjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANY_CUSTOMER, makeSignedToken } from '../../core/blocks/signed-token.ts';
import { brazeLiquid } from '../support/connected-content.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

const FALLBACK = 'See what is new';
let test: TestCloud;
let broken: Server;
let brokenOrigin: string;
beforeAll(async () => {
  test = await startTestCloud();
  broken = createServer((request, response) => {
    // Whoever asks for anything else is never answered.
    if (request.url?.includes('customer=fails') === true)
      response.writeHead(503).end('{"items":[1]}');
    if (request.url?.includes('customer=empty') === true) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  brokenOrigin = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
});
afterAll(async () => {
  broken.closeAllConnections();
  broken.close();
  await test?.stop();
});

/** The snippets of a kit in one language, as they stand in its document. */
async function snippets(esp: string, language: string): Promise<string[]> {
  const text = await readFile(`docs/esp/${esp}.md`, 'utf8');
  return [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  );
}

async function braze(customer: string, origin = test.cloud.connection.api) {
  const [snippet = ''] = await snippets('braze', 'liquid');
  const liquid = brazeLiquid({ kindred: test.cloud.connection.apiKey });
  const template = snippet.replaceAll('https://api.example', origin);
  const scope = { user_id: customer, campaign: { api_id: 'spring' } };
  return { html: await liquid.render(template + template, scope), asked: liquid.asked };
}

describe('Braze’s kit', () => {
  it.each(['stranger', '', 'a b&c=d', '{{ 7 | times: 7 }}'])(
    'shows three items to %j, and asks once for one address',
    async (customer) => {
      const { html, asked } = await braze(customer);
      expect(html.match(/<a href=/g)).toHaveLength(6);
      expect(html).not.toContain(FALLBACK);
      expect(asked).toHaveLength(1);
    },
  );

  it.each([
    ['fails', 'answers 503'],
    ['empty', 'answers 404'],
    ['hangs', 'is slow'],
  ])('shows its fallback to %s when the API %s', async (customer) => {
    const { html } = await braze(customer, brokenOrigin);
    expect(html).toContain(FALLBACK);
    expect(html).not.toContain('undefined');
  });

  it('shows its fallback when the connection is refused, and to a wrong key', async () => {
    expect((await braze('ada', 'http://127.0.0.1:1')).html).toContain(FALLBACK);
    const [snippet = ''] = await snippets('braze', 'liquid');
    const { api } = test.cloud.connection;
    const wrong = brazeLiquid({ kindred: 'x'.repeat(40) });
    const html = await wrong.render(snippet.replace('https://api.example', api), {
      user_id: 'ada',
    });
    expect(html).toContain(FALLBACK);
  });
});

describe('Customer.io’s kit', () => {
  it('shows what the step has kept, else its fallback', async () => {
    const [address = ''] = await snippets('customerio', 'text');
    const [snippet = ''] = await snippets('customerio', 'liquid');
    const { api, apiKey } = test.cloud.connection;
    const liquid = new Liquid();
    const url = await liquid.parseAndRender(address.trim(), { customer: { id: 'ada & co' } });
    const response = await fetch(url.replace('https://api.example', api), {
      headers: { 'x-api-key': apiKey },
    });
    const { items } = (await response.json()) as { items: unknown[] };
    const html = await liquid.parseAndRender(snippet, { journey: { kindred_items: items } });
    expect(html.match(/<a href=/g)).toHaveLength(3);
    expect(await liquid.parseAndRender(snippet, { journey: {} })).toContain(FALLBACK);
  });
});

describe('Marketing Cloud’s kit', () => {
  it('names an address that answers, keys that items have, and a fallback', async () => {
    const codes = [
      ...(await snippets('salesforce-marketing-cloud', 'ampscript')),
      ...(await snippets('salesforce-marketing-cloud', 'html')),
    ];
    expect(codes).toHaveLength(2);
    const secretId = test.cloud.connection.resources.TokenSecretArn ?? '';
    const token = makeSignedToken(
      { placement: 'for-you', customer: ANY_CUSTOMER },
      Math.floor(Date.now() / 1000) + 60,
      await secretOf(secretId),
    );
    for (const code of codes) {
      const [address = ''] = /https:\/\/api\.example[^"]+/.exec(code) ?? [];
      const url = address.replace('https://api.example', test.cloud.connection.api);
      const response = await fetch(`${url.replace('TOKEN', token)}ada`);
      expect(response.status).toBe(200);
      const { items } = (await response.json()) as { items: object[] };
      for (const key of ['click_url', 'title_html', 'price_text']) {
        expect(code).toContain(key);
        expect(items[0]).toHaveProperty(key);
      }
      expect(code).toContain(FALLBACK);
    }
  });
});

async function secretOf(SecretId: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  const { region, aws } = test.cloud.connection;
  const client = new SecretsManagerClient({
    region,
    endpoint: aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
}
