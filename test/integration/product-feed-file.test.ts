import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileImport, sumOfOutcomes } from '../support/file-import.ts';

const google = JSON.parse(readFileSync('examples/google-products.mapping.json', 'utf8'));
const withItems = (settings: object) => ({ ...google, items: { ...google.items, ...settings } });
const asXml = (row: string) => ({ ...google, format: { type: 'xml', row } });

type Product = Readonly<Record<string, string>>;
const product = (id: string, said: Product = {}): Product => ({
  id,
  title: `Product ${id}`,
  link: `https://shop.example/${id}`,
  image_link: `https://shop.example/${id}.jpg`,
  price: '12.50 GBP',
  availability: 'in_stock',
  brand: 'Clay',
  product_type: 'Kitchen > Mugs',
  ...said,
});
const many = (count: number) => Array.from({ length: count }, (_, at) => product(`p${at}`));

function tsv(products: readonly Product[]): string {
  const names = [...new Set(products.flatMap((each) => Object.keys(each)))];
  const lines = products.map((each) => names.map((name) => each[name] ?? '').join('\t'));
  return `${[names.join('\t'), ...lines].join('\n')}\n`;
}
const jsonLines = (products: readonly Product[]) =>
  products.map((each) => `${JSON.stringify(each)}\n`).join('');
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
function rss(products: readonly Product[]): string {
  const items = products.map((each) => {
    const children = Object.entries(each).map(([name, value]) =>
      name === 'title' || name === 'link'
        ? `<${name}>${escaped(value)}</${name}>`
        : `<g:${name}><![CDATA[${value}]]></g:${name}>`,
    );
    const shipping = '<g:shipping><g:price>3.95 GBP</g:price></g:shipping>';
    return `<item>${shipping}${children.join('\n')}</item>`;
  });
  return `<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<link>https://shop.example</link>${items.join('\n')}</channel></rss>`;
}

let files: FileImport;
beforeAll(async () => {
  files = await FileImport.start();
});
afterAll(() => files.stop());
beforeEach(() => files.begin(google));

const entry = (itemId: string) => files.catalogue.entries.get(itemId);

describe('a product feed that is dropped', () => {
  const feed = [product('mug'), product('vase', { availability: 'out_of_stock', adult: 'yes' })];
  it.each<[string, object, string | Uint8Array]>([
    ['tab-separated text', google, tsv(feed)],
    ['CSV', { ...google, format: { type: 'csv' } }, tsv(feed).replaceAll('\t', ',')],
    ['JSON Lines', { ...google, format: { type: 'jsonl' } }, jsonLines(feed)],
    ['RSS', asXml('item'), rss(feed)],
    ['gzip RSS', asXml('item'), gzipSync(rss(feed))],
    [
      'Atom',
      asXml('entry'),
      rss(feed).replaceAll('item>', 'entry>').replaceAll('<title>Shop', '<title type="text">Shop'),
    ],
  ])('as %s becomes items of the catalogue', async (_, mapping, content) => {
    files.use(mapping);
    const manifest = await files.drop('products', content);
    expect(manifest).toMatchObject({
      status: 'done',
      rows: 2,
      outcomes: { accepted: 2, duplicate: 0, quarantined: {} },
      feed: { items: 2, removed: 0, written: 2 },
    });
    expect(entry('mug')).toMatchObject({
      title: 'Product mug',
      url: 'https://shop.example/mug',
      imageUrl: 'https://shop.example/mug.jpg',
      price: 12.5,
      currency: 'GBP',
      category: 'Kitchen > Mugs',
      brand: 'Clay',
      available: true,
      source: 'feed',
    });
    expect(entry('vase')).toMatchObject({ available: false, isAdult: true });
    expect(files.records).toEqual([]);
  });

  it('that says the same again changes nothing, and each row says so', async () => {
    await files.drop('monday.tsv', tsv(feed));
    const again = await files.drop('tuesday.tsv', tsv([...feed, product('bowl')]));
    expect(again.outcomes).toMatchObject({ accepted: 1, duplicate: 2 });
    expect(files.catalogue.writeCount).toBe(3);
  });

  it('has the sale price while the sale is on', async () => {
    const [past, now] = ['2020-01-01T00:00Z/2020-02-01T00:00Z', '2020-01-01T00:00+0100/2099-01-01'];
    await files.drop(
      'sale.tsv',
      tsv([
        product('on', { sale_price: '9.00 GBP', sale_price_effective_date: now }),
        product('over', { sale_price: '9.00 GBP', sale_price_effective_date: past }),
        product('always', { sale_price: '9.00 GBP' }),
      ]),
    );
    expect(['on', 'over', 'always'].map((id) => entry(id)?.price)).toEqual([9, 12.5, 9]);
  });

  it('of variants becomes one item a group, with the price of the cheapest that is there', async () => {
    files.use({
      ...google,
      fields: {
        ...google.fields,
        group: { column: 'item_group_id', type: 'string' },
        itemId: { firstOf: ['group', 'id'] },
      },
      group: { by: ['itemId'], windowRows: 10 },
      items: { ...google.items, itemId: 'itemId' },
    });
    const shirt = { item_group_id: 'shirt' };
    const manifest = await files.drop(
      'variants.tsv',
      tsv([
        product('s', { ...shirt, price: '20 GBP' }),
        product('mug', { item_group_id: '' }),
        product('m', { ...shirt, price: '18 GBP' }),
        product('l', { ...shirt, price: '15 GBP', availability: 'out_of_stock' }),
      ]),
    );
    expect(manifest).toMatchObject({ rows: 4, outcomes: { accepted: 4 }, feed: { items: 2 } });
    expect(entry('shirt')).toMatchObject({ title: 'Product s', price: 18, available: true });
    expect(entry('mug')).toMatchObject({ price: 12.5 });
  });

  it('takes what is wrong aside row by row, and says why', async () => {
    const feed = [
      product('good', { title: '<b>Bold</b> & "cheap"' }),
      product('minus', { price: '-1 GBP' }),
      product('word', { price: 'on request' }),
      product('absurd', { price: '99999999999 GBP' }),
      product('code', { price: '5 ZZZ' }),
      product('mixed', { sale_price: '5 EUR' }),
      product('gone', { availability: 'perhaps' }),
      product('x'.repeat(10_000)),
      product('good', { title: 'Again' }),
    ];
    const manifest = await files.drop('products.tsv', tsv(feed).replaceAll('"', '""'));
    expect(manifest.outcomes).toEqual({
      accepted: 1,
      duplicate: 1,
      quarantined: {
        'price: not a price such as 12.50 GBP': 2,
        'price: beyond any price': 1,
        'currency: not a code of ISO 4217 such as GBP': 1,
        'salePrice: in another currency than the price': 1,
        'available: not in its table': 1,
        'itemId: empty or longer than 200 characters': 1,
      },
      skipped: {},
    });
    expect(sumOfOutcomes(manifest)).toBe(manifest.rows);
    expect([...files.catalogue.entries.keys()]).toEqual(['good']);
    expect(manifest.rejects).toHaveLength(1);
  });
});

describe('what a full feed no longer has', () => {
  it('is not available from then on, and is again when it comes back', async () => {
    await files.drop('1.tsv', tsv(many(20)));
    const second = await files.drop('2.tsv', tsv(many(18)));
    expect(second.feed).toEqual({ items: 18, removed: 2, written: 2 });
    expect([entry('p17')?.available, entry('p18')?.available]).toEqual([true, false]);
    await files.drop('3.tsv', tsv(many(20)));
    expect(entry('p18')).toMatchObject({ available: true, price: 12.5 });
  });

  it('stays when too much is missing, until a whole feed or more leave to take away', async () => {
    await files.drop('1.tsv', tsv(many(40)));
    const half = await files.drop('2.tsv', tsv(many(20)));
    expect(half.feed).toMatchObject({ removed: 0, heldBack: { missing: 20, known: 40 } });
    expect(half.feed?.heldBack?.reason).toContain('more than 20 %');
    expect(entry('p39')?.available).toBe(true);
    // The next one is compared with all of them again.
    const again = await files.drop('3.tsv', tsv(many(21)));
    expect(again.feed?.heldBack).toMatchObject({ missing: 19, known: 40 });
    files.use(withItems({ removedShareMax: 0.6 }));
    expect((await files.drop('3.tsv', tsv(many(21)))).feed).toMatchObject({ removed: 19 });
    expect(entry('p39')?.available).toBe(false);
  });

  it('stays while a row can’t be told whose it is, or when there is no row', async () => {
    await files.drop('1.tsv', tsv(many(20)));
    const unreadable = await files.drop('2.tsv', `${tsv(many(18))}broken\n`);
    expect(unreadable.feed?.heldBack?.reason).toContain('1 of its rows');
    const empty = await files.drop('3.tsv', tsv([product('p0')]).split('\n')[0] ?? '');
    expect(empty.feed?.heldBack?.reason).toContain('no item');
    expect(entry('p19')?.available).toBe(true);
  });

  it('is not what is in it but can’t be used', async () => {
    await files.drop('1.tsv', tsv(many(20)));
    const wrong = [...many(19), product('p19', { price: 'free' })];
    expect((await files.drop('2.tsv', tsv(wrong))).feed).toMatchObject({ removed: 0 });
    expect(entry('p19')?.available).toBe(true);
  });

  it.each([
    ['cut off in its middle', rss(many(20)).slice(0, 3000)],
    ['of another form', '<rss><channel><item><id>p0</id></channel></rss>'],
    ['no XML', 'id,title\np0,Product'],
  ])('is untouched by a file %s', async (_, content) => {
    files.use(asXml('item'));
    await files.drop('1.xml', rss(many(20)));
    await expect(files.drop('2.xml', content)).rejects.toThrow('not well-formed XML');
    expect([...files.catalogue.entries.values()].every(({ available }) => available)).toBe(true);
  });

  it('is told the same by a feed that is read in several steps', async () => {
    const first = many(1500);
    files.use(asXml('item'));
    await files.drop('1.xml', rss(first));
    files.stepRowsMax = 500;
    const second = await files.drop('2.xml', rss(first.filter((_, at) => at % 10 !== 0)));
    expect(files.steps).toBeGreaterThan(2);
    expect(second.feed).toMatchObject({ items: 1350, removed: 150 });
    expect(second.outcomes).toMatchObject({ accepted: 0, duplicate: 1350 });
  });

  it('is not asked of a feed that is said not to be full', async () => {
    files.use(withItems({ isFull: false }));
    await files.drop('1.tsv', tsv(many(20)));
    expect((await files.drop('2.tsv', tsv(many(2)))).feed).toEqual({
      items: 2,
      removed: 0,
      written: 0,
    });
    expect(entry('p19')?.available).toBe(true);
  });

  it('stays known to a chunk that is taken in again', async () => {
    await files.drop('1.tsv', tsv(many(20)));
    await files.put('2.tsv', tsv(many(18)));
    const planned = await files.plan('drop/shop/2.tsv');
    if (planned.kind !== 'import') throw new Error('nothing planned');
    const run = await files.split(planned);
    await files.takeChunk(run, 1);
    const before = structuredClone([...files.catalogue.entries]);
    await files.finish(run);
    expect([...files.catalogue.entries]).toEqual(before);
  });
});
