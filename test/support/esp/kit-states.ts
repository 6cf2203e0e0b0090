import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { makeSignedToken } from '../../../core/blocks/signed-token.ts';
import { emailSha256 } from '../../../core/identity/identity-key.ts';
import { PLACEMENT_KIND, type Placement } from '../../../core/ranking/placement.ts';
import { eventually, type TestCloud } from '../../integration/cloud.ts';

/** Every kit's last line. */
export const FALLBACK = 'See what is new';
export const ADA_ADDRESS = 'ada@mail.example';
/** What each kit asks for. */
const LIMIT = 3;
const TOKEN_S = 60;

/** What an ESP meets when it asks for a block. */
export interface KitState {
  readonly name: 'ok' | 'thin' | 'unknown customer' | 'slow' | '5xx' | 'refused';
  readonly origin: string;
  readonly placement: string;
  readonly customer: string;
  /** What stands in the block, of how many items; nothing where no answer comes. */
  readonly block?: { readonly items: number; readonly holds: string };
}

export interface KitStates {
  readonly states: readonly KitState[];
  tokenFor(placement: string, whom: string): Promise<string>;
  stop(): void;
}

/** Asks for three and gets one, of nothing but a title that is markup: no price, image or link. */
const thin: Placement = {
  schemaVersion: 2,
  id: 'thin',
  version: 1,
  heading: 'Thin',
  locale: 'en-GB',
  ladder: [
    {
      kind: 'static',
      content: 'evergreen',
      items: [{ itemId: 'thin', title: '<i>Last</i> one', url: '', imageUrl: '', reason: '' }],
    },
  ],
  rules: { excludeBoughtWithinDays: 0, onlyAvailable: true, onlyWithImage: false },
  limit: { default: 1, max: 1 },
  maxAgeSeconds: 0,
};

export async function startKitStates(test: TestCloud): Promise<KitStates> {
  await Promise.all([giveAdaAHistory(test), putThinPlacement(test)]);
  const broken = createServer((request, response) => {
    // Whoever asks for anything else is never answered.
    if (request.url?.includes('customer=fails') !== true) return;
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"items":[{}]}');
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const brokenOrigin = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const running = { origin: test.cloud.connection.api, placement: 'for-you' };
  const secret = await tokenSecretOf(test);
  return {
    states: [
      {
        ...running,
        name: 'ok',
        customer: 'ada',
        block: { items: LIMIT, holds: 'Canvas &amp; co' },
      },
      {
        ...running,
        ...{ name: 'thin', placement: 'thin', customer: 'ada' },
        block: { items: 1, holds: '&lt;i&gt;Last&lt;/i&gt; one' },
      },
      {
        ...running,
        ...{ name: 'unknown customer', customer: 'a b&c=d{{ 7 | times: 7 }}' },
        block: { items: LIMIT, holds: 'Bestsellers' },
      },
      { name: 'slow', origin: brokenOrigin, placement: 'for-you', customer: 'hangs' },
      { name: '5xx', origin: brokenOrigin, placement: 'for-you', customer: 'fails' },
      { name: 'refused', origin: 'http://127.0.0.1:1', placement: 'for-you', customer: 'ada' },
    ],
    tokenFor: async (placement, whom) =>
      makeSignedToken(
        { placement, customer: whom },
        Math.floor(Date.now() / 1000) + TOKEN_S,
        secret,
      ),
    stop: () => {
      broken.closeAllConnections();
      broken.close();
    },
  };
}

/** The snippets of a kit in one language, as they stand in its document. */
export async function snippets(esp: string, language: string): Promise<string[]> {
  const text = await readFile(`docs/esp/${esp}.md`, 'utf8');
  return [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  );
}

/** A snippet as somebody puts it in: of this API, and of the placement that the state is about. */
export function putIn(snippet: string, { origin, placement }: KitState, token = ''): string {
  return snippet
    .replaceAll('https://api.example', origin)
    .replaceAll('/for-you', `/${placement}`)
    .replaceAll('TOKEN', token);
}

async function giveAdaAHistory(test: TestCloud): Promise<void> {
  const properties = {
    ...{ product_id: 'shoe', name: 'Canvas & co', price: 49.5, currency: 'GBP' },
    ...{ url: 'https://shop.example/shoe?a=1&b=2', image_url: 'https://shop.example/shoe.png' },
  };
  const viewed = { userId: 'ada', event: 'Product Viewed', properties };
  const known = { userId: 'ada', traits: { email: ADA_ADDRESS } };
  for (const [path, call] of Object.entries({ '/v1/identify': known, '/v1/track': viewed })) {
    const response = await test.send(path, call);
    if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  }
  for (const customer of ['ada', emailSha256(ADA_ADDRESS)]) {
    await eventually(
      'an answer from what ada viewed',
      () => test.recommend('for-you', customer, LIMIT),
      ({ items }) => items.some(({ title }) => title === 'Canvas & co'),
    );
  }
}

async function putThinPlacement(test: TestCloud): Promise<void> {
  const { ConfigTableName = '' } = test.cloud.connection.resources;
  await test.clients.dynamoDb.send(
    new PutItemCommand({
      TableName: ConfigTableName,
      Item: {
        kind: { S: PLACEMENT_KIND },
        id: { S: thin.id },
        version: { N: String(thin.version) },
        text: { S: JSON.stringify(thin) },
      },
    }),
  );
  await eventually(
    'an answer of the thin placement',
    () => test.recommend(thin.id, 'ada', LIMIT),
    ({ items }) => items.length === 1,
  );
}

async function tokenSecretOf({ cloud }: TestCloud): Promise<string> {
  const { region, aws, resources } = cloud.connection;
  const client = new SecretsManagerClient({
    region,
    endpoint: aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const command = new GetSecretValueCommand({ SecretId: resources.TokenSecretArn ?? '' });
  const { SecretString = '' } = await client.send(command);
  client.destroy();
  return SecretString;
}
