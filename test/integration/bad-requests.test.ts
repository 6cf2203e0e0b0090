import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { imageSize } from 'image-size';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TEMPLATE_KIND } from '../../core/blocks/block-template.ts';
import { recommendation } from '../../core/blocks/recommendation.ts';
import { PLACEMENT_KIND, type Placement } from '../../core/ranking/placement.ts';
import { badRequests } from '../corpora/bad-requests.ts';
import { operatorsRequest } from '../support/operators-request.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const BLOCK_BYTES_MAX = 100_000;
const MARKUP = '<script>alert(1)</script><img src=x onerror="alert(1)">{{ 7 | times: 7 }}';
const FOREVER =
  '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..99) %}{% endfor %}{% endfor %}{% endfor %}';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
  await putPlacement({ ...odd('leaves-all-out', ['plain', 'bare']), rules: nothing });
  await putPlacement(odd('odd-items', ['bare', 'markup', 'plain', 'nameless']));
  await putPlacement({ ...odd('loops', ['plain']), template: 'forever' });
  const template = { schemaVersion: 1, templateId: 'forever', liquid: FOREVER };
  await put(TEMPLATE_KIND, 'forever', template);
  await seeProducts();
});
afterAll(() => test?.stop());

const lax: Placement['rules'] = {
  ...{ excludeBoughtWithinDays: 0, onlyAvailable: false, onlyWithImage: false },
};
const nothing: Placement['rules'] = { ...lax, exclude: { items: ['plain', 'bare'] } };

function odd(id: string, itemIds: string[]): Placement {
  return {
    ...{ schemaVersion: 2, id, version: 1, heading: 'Odd', locale: 'en-GB' },
    ladder: [
      { kind: 'hand-picked', itemIds },
      { kind: 'static', content: 'evergreen' },
    ],
    rules: lax,
    limit: { default: 12, max: 24 },
    maxAgeSeconds: 0,
  };
}

/** Past the operators' API, which would refuse what is wrong. */
async function put(kind: string, id: string, fields: object): Promise<void> {
  const { ConfigTableName: TableName = '' } = test.cloud.connection.resources;
  const Item = marshall({ kind, id, version: 1, ...fields });
  await test.clients.dynamoDb.send(new PutItemCommand({ TableName, Item }));
}

function putPlacement(placement: Placement): Promise<void> {
  return put(PLACEMENT_KIND, placement.id, { text: JSON.stringify(placement) });
}

async function seeProducts(): Promise<void> {
  const products = [
    { product_id: 'plain', name: 'Plain mug', price: 9, currency: 'GBP' },
    { product_id: 'bare', name: 'Bare' },
    { product_id: 'nameless', price: 3, currency: 'GBP' },
    {
      product_id: 'markup',
      name: MARKUP,
      url: 'javascript:alert(1)',
      image_url: 'data:text/html,x',
    },
  ];
  for (const properties of products) {
    const call = { userId: 'somebody', event: 'Product Viewed', properties };
    expect((await test.send('/v1/track', call)).status).toBe(200);
  }
  await eventually(
    'the odd items',
    () => test.recommend('odd-items', 'nobody', 3),
    ({ items }) => items.every(({ rung }) => rung === 'hand-picked'),
  );
}

async function ask(path: string, query = '') {
  const response = await test.fetchBlock(`/v1/${path}${query === '' ? '' : `?${query}`}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
}
async function expectImage(path: string, query?: string) {
  const { status, headers, bytes } = await ask(path, query);
  expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(imageSize(bytes).type).toBe('png');
  return bytes;
}

describe('a bad request for a recommendation', () => {
  it.each(badRequests)(
    '$what: $placement $query',
    async ({ placement = 'for-you', query, items: count, says }) => {
      const json = await ask(`recommendations/${placement}`, query);
      expect(json.status).toBe(200);
      const answer = recommendation.parse(JSON.parse(json.text));
      expect(answer.items).toHaveLength(count);
      expect(answer.reason).toContain(says);
      expect(json.text).not.toContain('planted');

      const block = await ask(`blocks/${placement}.html`, query);
      expect([block.status, block.headers.get('content-type')]).toEqual([
        200,
        'text/html; charset=utf-8',
      ]);
      expect(block.bytes.length).toBeLessThan(BLOCK_BYTES_MAX);
      expect(block.text.match(/max-width:200px/g)).toHaveLength(count);
      expect(block.text).not.toMatch(/planted|<script/);

      await expectImage(`blocks/${placement}/1.png`, query);
    },
  );

  it.each(['0', '25', '999', '-1', '1.5', 'NaN', '1e1'])(
    'for the image of slot %s is an image all the same',
    async (slot) => {
      await expectImage(`blocks/for-you/${slot}.png`);
    },
  );

  it('that is a HEAD is answered without a body, for images and links', async () => {
    const { api, apiKey } = test.cloud.connection;
    const { items } = await test.recommend('for-you', 'ada', 1);
    const addresses = [
      [`${api}/v1/blocks/for-you/1.png`, 200],
      [`${api}/v1/blocks/for-you/1/link`, 302],
      [items[0]?.click_url ?? '', 302],
    ] as const;
    for (const [url, status] of addresses) {
      const headers = { 'x-api-key': apiKey };
      const answer = await fetch(url, { method: 'HEAD', headers, redirect: 'manual' });
      expect([answer.status, await answer.text()]).toEqual([status, '']);
    }
  });

  it('leaves nothing of a key in the log', () => {
    const lines = test.logLines();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes('planted'))).toEqual([]);
  });
});

describe('an item of the catalogue', () => {
  it('without price, image or link has every key, and a place in the block', async () => {
    const { items } = await test.recommend('odd-items', '', 3);
    expect(items[0]).toMatchObject({
      ...{ item_id: 'bare', title: 'Bare', price: null, price_text: '', currency: '' },
      ...{ url: '', click_url: '', image_url: '' },
    });
    const { text } = await ask('blocks/odd-items.html', 'limit=3');
    expect(text).toContain('>Bare</td>');
    expect(text).not.toMatch(/href=""|src=""/);
    const bytes = await expectImage('blocks/odd-items/1.png');
    expect(bytes.length).toBeGreaterThan(1_000);
  });

  it('without a title is left out', async () => {
    const { items } = await test.recommend('odd-items', '', 12);
    expect(items.map(({ item_id }) => item_id)).not.toContain('nameless');
    expect(items.map(({ rung }) => rung).lastIndexOf('hand-picked')).toBe(2);
  });

  it('whose title is markup shows it as text, and leads to no script', async () => {
    const { items } = await test.recommend('odd-items', '', 3);
    expect(items[1]).toMatchObject({ title: MARKUP, url: '', click_url: '', image_url: '' });
    expect(items[1]?.title_html).not.toMatch(/[<>"]/);
    const { text } = await ask('blocks/odd-items.html', 'limit=3');
    expect(text).not.toMatch(/<script|<img src=x|javascript:|data:text/);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('{{ 7 | times: 7 }}');
    expect((await expectImage('blocks/odd-items/2.png')).length).toBeGreaterThan(1_000);
    const link = await ask('blocks/odd-items/2/link');
    expect(link.status).toBe(403);
  });
});

const refusal = z.object({
  issues: z.array(z.object({ path: z.string(), message: z.string() })),
});

describe('a template that loops for ever', () => {
  it('is refused when it is put', async () => {
    const path = '/v1/templates/endless';
    const put = await operatorsRequest(test, 'PUT', path, { version: 1, liquid: FOREVER });
    expect(put.status).toBe(400);
    const { issues } = refusal.parse(put.body);
    // With one sample its memory may be over first, with another its time: as fast as the machine is.
    expect(issues).not.toHaveLength(0);
    for (const issue of issues) {
      expect(issue).toEqual({ path: 'liquid', message: expect.stringContaining('limit exceeded') });
    }
  });

  it('that got into the table by another way is replaced by the bundled one, and counted', async () => {
    const { status, text } = await ask('blocks/loops.html', 'limit=1');
    expect(status).toBe(200);
    expect(text).toContain('Plain mug');
    expect(text.match(/max-width:200px/g)).toHaveLength(1);
    await eventually(
      'the failure in the log',
      async () => test.logLines().filter((line) => line.includes('a template cannot be used')),
      (lines) => lines.some((line) => /forever\W+failure\W+failed/.test(line)),
    );
  });
});
