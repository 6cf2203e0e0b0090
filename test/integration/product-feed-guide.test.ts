import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { mappingConfig } from '../../core/mapping/file-drop.ts';
import { importManifest } from '../../lambdas/ingest/import-run.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const MAPPING = 'google-products.mapping.json';

let test: TestCloud;
let folder: string;
let guide: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-feed-guide-'));
  test = await startTestCloud();
  await writeConnection(test.cloud.connection, join(folder, '.kindred', 'connection.json'));
  guide = await readFile(join(root, 'docs', 'how-to', 'deliver-a-product-feed.md'), 'utf8');
  const [source = '', fileDrop = ''] = fences('json');
  await writeFile(join(folder, 'feed.json'), source);
  await writeFile(join(folder, 'file-drop.json'), fileDrop);
  await copyFile(join(root, 'examples', MAPPING), join(folder, MAPPING));
}, 120_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

function fences(language: string): string[] {
  const fence = new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm');
  return [...guide.matchAll(fence)].map(([, text = '']) => text);
}

const shell = (line: string) => kindredShell(line, folder);

const RSS = `<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>
<title>Shop</title><item><g:id>d</g:id><title>Mug &amp; &lt;b&gt;lid&lt;/b&gt;</title>
<link>https://shop.example/d</link><g:price>9.50 GBP</g:price><g:availability>in_stock</g:availability></item>
</channel></rss>`;

const products = (ids: readonly string[]) =>
  `id\ttitle\tlink\timage_link\tprice\tavailability\n${ids
    .map((id) => `${id}\tItem ${id}\thttps://shop.example/${id}\t\t12.50 GBP\tin_stock\n`)
    .join('')}`;

async function itemOf(itemId: string) {
  const TableName = test.cloud.connection.resources.CatalogueTableName;
  const { Item } = await test.clients.dynamoDb.send(
    new GetItemCommand({ TableName, Key: { itemId: { S: itemId } }, ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
}

describe('the guide to product feeds', () => {
  it('gets a feed into the catalogue by its commands as they stand', async () => {
    const commands = fences('sh').flatMap((text) => text.trim().split('\n'));
    expect(commands).toHaveLength(4);
    await writeFile(join(folder, 'products.tsv'), products(['a', 'b', 'c']));
    let printed = '';
    for (const command of commands) printed = await shell(command);
    expect(printed).toContain('3 items, 0 no longer sold');
    expect(await itemOf('b')).toMatchObject({ title: 'Item b', price: 12.5, available: true });
  }, 120_000);

  it('takes away what the next full feed lacks', async () => {
    await writeFile(join(folder, 'products.tsv'), products(['a', 'c']));
    const [drop = ''] = fences('sh').at(-1)?.trim().split('\n') ?? [];
    expect(await shell(drop)).toContain('2 items, 1 no longer sold');
    expect(await itemOf('b')).toMatchObject({ title: 'Item b', available: false });
    const Bucket = test.cloud.connection.resources.DropBucketName;
    const Key = 'manifests/product-feed/products.tsv.manifest.json';
    const { Body } = await test.clients.s3.send(new GetObjectCommand({ Bucket, Key }));
    const manifest = importManifest.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    expect(manifest.feed).toEqual({ items: 2, removed: 1, written: 1 });
  }, 120_000);

  it('says of each form of a feed the format that its reader has', async () => {
    const mapping = JSON.parse(await readFile(join(folder, MAPPING), 'utf8'));
    const forms = [...guide.matchAll(/\| (.*?) +\| `(\{ "type".*?\})` +\|/g)];
    expect(forms.map(([, name]) => name)).toContain('RSS 2.0');
    for (const [, , format = ''] of forms)
      mappingConfig.parse({ ...mapping, format: JSON.parse(format) });
    const [, , format = ''] = forms.find(([, name]) => name === 'RSS 2.0') ?? [];
    const ofRss = { ...mapping, id: 'rss', format: JSON.parse(format) };
    await writeFile(join(folder, 'rss.json'), JSON.stringify(ofRss));
    await writeFile(join(folder, 'rss-drop.json'), JSON.stringify({ mappingId: 'rss' }));
    await writeFile(join(folder, 'products.xml'), RSS);
    await shell('npx kindred config put mapping rss.json');
    await shell('npx kindred config put fileDrop product-feed rss-drop.json');
    const printed = await shell('npx kindred drop products.xml --source product-feed');
    expect(printed).toContain('1 items, 0 no longer sold');
    expect(await itemOf('d')).toMatchObject({ title: 'Mug & <b>lid</b>', price: 9.5 });
  }, 120_000);
});
