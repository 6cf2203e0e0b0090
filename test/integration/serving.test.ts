import { describe, expect, it, vi } from 'vitest';
import { readClickToken } from '../../core/blocks/click-token.ts';
import { applyFacts, type CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import { feedFactOf, removalOf } from '../../core/catalogue/feed-item.ts';
import { storedFormOf } from '../../core/catalogue/stored-entry.ts';
import { emailSha256, identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { did, placementNamed } from '../unit/small-shop.ts';
import {
  coldStart,
  get,
  lax,
  link,
  metric,
  output,
  putItem,
  putProfile,
  recommend,
  SECRET,
  stores,
} from './serving-function.ts';

describe('GET /v1/recommendations/{placement}', () => {
  it('folds the customer in and says why', async () => {
    const answer = await recommend('for-you', { customer: 'ada' });
    expect(answer).toMatchObject({
      placement: 'for-you',
      customer: 'ada',
      source: 'personal',
      model: '2026-11-23T02:00:00Z-3f9a',
    });
    expect(answer.items[0]).toMatchObject({
      item_id: 'item-6',
      price_text: '£16.00',
      reason: 'similar to Item 5 you viewed',
    });
    expect(metric('RecommendationsServed')).toEqual([1]);
    expect(metric('FallbackServed')).toEqual([0]);
    expect(metric('ModelAgeHours')).toHaveLength(1);
  });

  it('knows the customer by what an ESP can compute', async () => {
    const customer = emailSha256(' ADA@mail.example');
    expect((await recommend('for-you', { customer })).source).toBe('personal');
  });

  it('follows a merged profile to the one that lives', async () => {
    stores.put('profiles', ['profileId'], {
      profileId: 'profile-old',
      mergedInto: 'profile-ada',
      version: 3,
    });
    link('userId', 'ada-old', 'profile-old');
    expect((await recommend('for-you', { customer: 'ada-old' })).source).toBe('personal');
  });

  it('changes with an order of a moment ago', async () => {
    const before = await recommend('for-you', { customer: 'ada', limit: '4' });
    const bought = before.items[0]?.item_id ?? '';
    const recent = [{ itemId: bought, kind: 'purchase', timeMs: Date.now() }, did('view', 5)];
    putProfile('profile-ada', { version: 2, recent });
    const after = await recommend('for-you', { customer: 'ada', limit: '4' });
    expect(after.items.map(({ item_id }) => item_id)).not.toContain(bought);
  });

  it('refuses an email address without a trace of it in answer, header, log or metric', async () => {
    const response = await get('/v1/recommendations/for-you', { customer: 'ada@mail.example' });
    expect(response.statusCode).toBe(200);
    expect(JSON.stringify(response)).toContain('email address was refused');
    expect(JSON.stringify(response)).not.toContain('mail.example');
    expect(output.join()).not.toContain('mail.example');
  });

  it('escapes what a catalogue says', async () => {
    putItem(6, { title: '<b onclick="x()">Mug</b> & more', url: 'javascript:alert(1)' });
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items[0]).toMatchObject({
      title: '<b onclick="x()">Mug</b> & more',
      title_html: '&lt;b onclick=&quot;x()&quot;&gt;Mug&lt;/b&gt; &amp; more',
      url: '',
      click_url: '',
    });
    const block = await get('/v1/blocks/for-you.html', { customer: 'ada' });
    expect(block.body).not.toMatch(/<b onclick|javascript:/);
  });

  it('counts strangers and placements that nobody defined, and serves them', async () => {
    expect((await recommend('for-you', { customer: 'nobody' })).reason).toContain('unknown');
    expect((await recommend('no-such')).reason).toContain('no placement of this name');
    expect(metric('UnknownCustomer')).toEqual([1, 0]);
    expect(metric('UnknownPlacement')).toEqual([0, 1]);
    expect(metric('FallbackServed')).toEqual([1, 0]);
  });

  it('shows nothing that a feed has taken away, and the price in force', async () => {
    const nowMs = Date.now();
    const said = (index: number, fields: object, timeMs: number) =>
      feedFactOf({ itemId: `item-${index}`, timeMs, fields });
    const put = (...facts: ReturnType<typeof said>[]) => {
      let entry: CatalogueEntry | undefined;
      for (const fact of facts) entry = applyFacts(entry, [fact]) ?? entry;
      if (entry !== undefined) stores.put('catalogue', ['itemId'], storedFormOf(entry));
    };
    const title = { title: 'Mug', price: 9, currency: 'EUR' };
    put(said(6, title, nowMs - 9), feedFactOf(removalOf('item-6', nowMs)));
    put(said(7, title, nowMs - 9), said(7, { price: 12, currency: 'EUR' }, nowMs));
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items.map(({ item_id }) => item_id)).not.toContain('item-6');
    expect(items[0]).toMatchObject({ item_id: 'item-7', price: 12, currency: 'EUR' });
  });

  it('carries what caches and people need', async () => {
    const path = '/v1/recommendations/popular';
    const first = await get(path);
    expect(first.headers).toMatchObject({
      'cache-control': 'private, max-age=300',
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
      'server-timing': expect.stringMatching(/sources;dur=[\d.]+, catalogue;dur=/),
    });
    const etag = String(first.headers?.etag);
    const again = await get(path, {}, { 'If-None-Match': `W/"other", ${etag}` });
    expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
    expect((await get(path, {}, { 'if-none-match': '"other"' })).statusCode).toBe(200);
    putItem(0, { available: false });
    await coldStart();
    expect((await get(path)).headers?.etag).not.toBe(etag);
  });
});

describe('a placement that operators edited', () => {
  const edit = (changes: object) => {
    const { placement } = placementNamed('popular');
    const document = { ...placement, version: 7, ...changes };
    stores.put('config', ['kind', 'id'], {
      ...{ kind: 'placement', id: document.id, version: 7, text: JSON.stringify(document) },
    });
  };

  it('answers in the place of the bundled one', async () => {
    edit({ rules: { ...lax, pin: [{ itemId: 'item-20', place: 2 }] }, maxAgeSeconds: 11 });
    await coldStart();
    const response = await get('/v1/recommendations/popular');
    expect(response.headers?.['cache-control']).toBe('private, max-age=11');
    const { items } = JSON.parse(response.body);
    expect(items[1]).toMatchObject({ item_id: 'item-20', rung: 'pinned' });
    expect(items[0]).toMatchObject({ item_id: 'item-0', rung: 'popular' });
  });

  it('that is damaged leaves the bundled one, and is counted', async () => {
    edit({ ladder: [] });
    await coldStart();
    expect((await recommend('popular')).items[0]?.rung).toBe('popular');
    expect(metric('DocumentReadFailed')).toEqual([1]);
  });

  it('whose rules leave out everything gets static content, full', async () => {
    edit({ rules: { ...lax, exclude: { brands: ['Brand'] } } });
    await coldStart();
    const { items, source } = await recommend('popular');
    expect(source).toBe('static');
    expect(items.every(({ rung }) => rung === 'static')).toBe(true);
  });
});

describe('GET /v1/blocks/{placement}.html', () => {
  it.each(['/v1/blocks/for-you.html', '/v1/blocks/for-you'])(
    '%s is the same as HTML',
    async (path) => {
      const response = await get(path, { customer: 'ada', limit: '3' });
      expect(response.statusCode).toBe(200);
      expect(response.headers?.['content-type']).toBe('text/html; charset=utf-8');
      expect(response.body).toContain('Picked for you');
      expect(response.body.match(/<img /g)).toHaveLength(3);
      expect(response.body).toContain('similar to Item 5 you viewed');
    },
  );
});

describe('a link of an answer', () => {
  const links = async (path: string) => {
    const response = await get(
      path,
      { customer: 'ada', campaign: 'spring' },
      { Host: 'api.example' },
    );
    return response.body.match(/https:\/\/api\.example\/v1\/click\/[\w.-]+/g) ?? [];
  };

  it('leads by way of us where its host is one of the shop’s, in JSON and HTML alike', async () => {
    vi.stubEnv('CLICK_HOSTS', 'shop.example');
    await coldStart();
    putItem(6, { url: 'https://elsewhere.example/6' });
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items[0]).toMatchObject({ item_id: 'item-6', click_url: 'https://elsewhere.example/6' });
    const [json, html] = [
      await links('/v1/recommendations/for-you'),
      await links('/v1/blocks/for-you.html'),
    ];
    expect(json).toHaveLength(11);
    // Picture and title lead to the same.
    expect([...new Set(html)]).toEqual(json);
    const token = json[0]?.split('/').at(-1) ?? '';
    expect(readClickToken(token, Date.now() / 1000, SECRET)).toMatchObject({
      kind: 'valid',
      click: {
        placement: 'for-you',
        campaign: 'spring',
        url: expect.stringContaining('https://shop.example/'),
        identityRef: identityRef(identityOf('userId', 'ada', SECRET)),
      },
    });
    // So that the entity stays the same.
    expect(await links('/v1/recommendations/for-you')).toEqual(json);
    vi.unstubAllEnvs();
  });
});

describe('GET /v1/health', () => {
  it('says which model answers', async () => {
    const response = await get('/v1/health');
    expect(JSON.parse(response.body)).toMatchObject({ status: 'ok', items: 40 });
  });
});
