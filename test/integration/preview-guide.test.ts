import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { preview } from '../../core/blocks/preview.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { itemNumber, smallModel } from '../unit/small-shop.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const model = smallModel(40);
let test: TestCloud;
let folder: string;

const put = (table: string, item: object) =>
  test.clients.dynamoDb.send(
    new PutItemCommand({
      TableName: test.cloud.connection.resources[table] ?? '',
      Item: marshall(item, { removeUndefinedValues: true }),
    }),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-preview-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  for (const [name, Body] of encodeModel(model)) {
    const Bucket = connection.resources.ModelsBucketName ?? '';
    const Key = `models/${model.id}/${name}`;
    await test.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }
  await put('ConfigTableName', {
    ...{ kind: 'model', id: 'pointer', current: model.id, version: 1 },
    publishedAt: '2026-11-23T02:05:00Z',
  });
  // Sold out since the model was trained; and a title that would clear the screen.
  await put('CatalogueTableName', itemNumber(6, { available: false }));
  await put('CatalogueTableName', itemNumber(7, { title: 'Lamp \u001b[2J<b>' }));
  await put('ConfigTableName', {
    ...{ kind: 'experiment', id: 'hero', schemaVersion: 1, experimentId: 'hero', version: 1 },
    ...{ status: 'draft', placement: 'for-you', coverage: 1, holdoutShare: 0 },
    variants: [
      { id: 'a', weight: 0.5, overrides: {} },
      {
        ...{ id: 'b', weight: 0.5 },
        overrides: { ladder: [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }] },
      },
    ],
    ...{ startsAt: '2026-01-01T00:00:00Z', primaryOutcome: 'click-through' },
  });
  const seen = { product_id: 'item-5', name: 'Item 5', price: 15 };
  for (const event of ['Product Viewed', 'Product Added']) {
    await test.send('/v1/track', { userId: '4711', event, properties: seen });
  }
  await eventually(
    'the customer',
    () => test.profileOf('4711'),
    (found) => found?.eventCount === 2,
  );
}, 300_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shell = (line: string) =>
  kindredShell(line, folder, {
    AWS_REGION: test.cloud.connection.region,
    AWS_ACCESS_KEY_ID: 'kindred',
    AWS_SECRET_ACCESS_KEY: 'kindred',
    MODEL: model.id,
  });

describe('the guide to previews', () => {
  let commands: string[];
  beforeAll(async () => {
    const text = await readFile(join(root, 'docs', 'how-to', 'preview.md'), 'utf8');
    commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, line = '']) => line.trim());
  });

  it('shows a cart, and what the rules dropped, in lines without colours', async () => {
    const text = await shell(commands[0] ?? '');
    expect(text).toMatch(/^1 +item-5 +Item 5 +cart-recovery/m);
    expect(text).toMatch(/customer {2}known: /);
    expect(text).not.toContain('\u001b');
  }, 60_000);

  it('shows a variant, a moment and a model', async () => {
    const variant = await shell(commands[1] ?? '');
    expect(variant).toContain('variant   b of hero, chosen');
    expect(variant).toMatch(/^1 +item-0 +Item 0 +popular +40\.0/m);
    const moment = await shell(commands[2] ?? '');
    expect(moment).toContain('at 2026-11-27T06:00:00.000Z');
    expect(moment).toContain('but: titles, prices and stock are the catalogue’s of now');
    const offset = await shell(`${commands[2]?.replace('Z', '+01:00')} --limit -1`);
    expect(offset).toContain('at 2026-11-27T05:00:00.000Z');
    expect(offset).toContain('note: limit must be a whole number from 1 to 24');
    const chosen = await shell(commands[3] ?? '');
    expect(chosen).toContain(`${model.id},`);
    expect(chosen).toMatch(/dropped: .*1 by “sold out”/);
    expect(chosen).toContain('sold out: item-6');
    expect(chosen).toMatch(/Lamp {2}\[2J<b>/);
  }, 60_000);

  it('prints the document, which is what the customer is served', async () => {
    const document = preview.parse(JSON.parse(await shell(commands[4] ?? '')));
    const served = await test.recommend('for-you', '4711', 4);
    expect(document.items.map(({ itemId, reason }) => [itemId, reason])).toEqual(
      served.items.map(({ item_id: id, reason }) => [id, reason]),
    );
    expect(document.model?.id).toBe(served.model);
  }, 60_000);
});

describe('kindred preview', () => {
  const customer = 'ada@mail.example';
  it.each([
    ['an address', `--placement for-you --customer ${customer}`, /never named by an address/],
    ['a placement that is none', '--placement no-such', /no such placement/],
    ['a variant that is none', '--placement for-you --variant z', /there are a, b, holdout/],
    ['a model that is none', '--placement for-you --model no-such', /no such model/],
    [
      'a moment that is none',
      '--placement for-you --at tomorrow',
      /at: must be a time in ISO 8601/,
    ],
    ['no placement', '--customer 4711', /required option '--placement <id>'/],
  ])(
    'refuses %s, and says what to do',
    async (_, options, words) => {
      const refused = await shell(`npx kindred preview ${options}`).catch((error) => error);
      expect(refused.stderr).toMatch(words);
      expect(refused.stderr).not.toContain(customer);
      expect(test.logLines().join()).not.toContain(customer);
    },
    30_000,
  );

  it('explains itself', async () => {
    const help = await shell('npx kindred preview --help');
    for (const name of ['--placement', '--customer', '--variant', '--model', '--at', '--json']) {
      expect(help).toContain(name);
    }
    expect(help).toContain('kindred preview --placement cart-recovery --customer 4711');
  });

  it('reads nothing for who does not sign', async () => {
    const { api } = test.cloud.connection;
    const answer = await fetch(`${api}/v1/placements/for-you/preview?customer=4711`);
    expect(answer.status).toBe(404);
    expect(test.logLines().join()).not.toContain('customer=4711');
  });
});
