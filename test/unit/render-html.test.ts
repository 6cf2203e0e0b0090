import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { composeRecommendation } from '../../core/blocks/compose.ts';
import type { RecommendedItem } from '../../core/blocks/recommendation.ts';
import { BLOCK_BYTES_MAX, renderHtml } from '../../core/blocks/render-html.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { did, NOW_MS, placementNamed, smallModel } from './small-shop.ts';

const options = { heading: 'Picked for you', locale: 'en-GB' };

function block(items: readonly Partial<RecommendedItem>[]): string {
  const { placement, content } = placementNamed('for-you');
  const base = composeRecommendation({
    placement: 'for-you',
    customer: 'customer-1',
    notes: [],
    ranking: {
      placement,
      content,
      limit: 1,
      nowMs: NOW_MS,
      model: smallModel(40),
      history: [did('view', 5)],
      liveItems: new Map(),
    },
  });
  const [first] = base.items;
  if (first === undefined) throw new Error('the placement gave no item');
  return renderHtml(
    { ...base, items: items.map((changes) => ({ ...first, ...changes })) },
    options,
    compileTemplate(productGrid.liquid),
  );
}

describe('the HTML block', () => {
  it('looks as it did', async () => {
    const html = block([
      {},
      { title: 'Fish & <Chips>', price_text: '£3.50', reason: 'you viewed this recently' },
      { image_url: '', price: null, price_text: '', title: 'No picture, no price' },
      { url: '', click_url: '', title: 'No link' },
    ]);
    await expect(html).toMatchFileSnapshot('../golden/block.html.golden');
  });

  it('is made of tables, says what it is in the dark and runs nothing', () => {
    const html = block([{}]);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain('role="presentation"');
    expect(html).not.toMatch(/<script|<iframe|<form|<link| on\w+=|javascript:/i);
  });

  it('gives every image an alternative text', () => {
    for (const tag of block([{}, {}]).match(/<img [^>]*>/g) ?? [])
      expect(tag).toMatch(/alt="[^"]+"/);
  });

  it('links to nothing but web addresses', () => {
    const html = block([
      { click_url: 'javascript:alert(1)', image_url: 'data:image/png;base64,AA' },
    ]);
    expect(html).not.toContain('javascript:');
    expect(html).not.toContain('data:');
    expect(html).not.toContain('<img');
  });

  it('stays below the size at which Gmail clips, whatever the items hold', () => {
    const long = `https://shop.example/?${'&'.repeat(2000)}`;
    const html = block(Array.from({ length: 24 }, () => ({ click_url: long, image_url: long })));
    expect(Buffer.byteLength(html)).toBeLessThan(BLOCK_BYTES_MAX);
    expect(html).toContain('<a href=');
    expect(html.endsWith('</html>\n')).toBe(true);
  });

  it('holds two dozen ordinary items', () => {
    const html = block(Array.from({ length: 24 }, () => ({})));
    expect(html.match(/<img /g)).toHaveLength(24);
  });
});
