import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { renderHtml } from '../../core/blocks/render-html.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { validateCall } from '../../core/events/validate-call.ts';
import { generateShop } from '../../examples/shop/generate.ts';
import { drawItemSvg, inlineImages } from '../../examples/shop/item-image.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const shop = generateShop({ seed: 42, nowMs });

describe('the synthetic shop', () => {
  it('is the same for the same seed and another for another', () => {
    expect(generateShop({ seed: 42, nowMs })).toEqual(shop);
    expect(generateShop({ seed: 43, nowMs }).calls).not.toEqual(shop.calls);
  });

  it('gives a customer the same life however many others there are', () => {
    const fewer = generateShop({ seed: 42, nowMs, customerCount: 10 });
    expect(fewer.customers).toEqual(shop.customers.slice(0, 10));
  });

  it.each([1, 2, 3, 4, 5])('has the size that the demo promises (seed %i)', (seed) => {
    const drawn = generateShop({ seed, nowMs });
    expect(drawn.items).toHaveLength(144);
    expect(new Set(drawn.items.map(({ title }) => title)).size).toBe(144);
    expect(drawn.customers).toHaveLength(250);
    expect(drawn.calls.length).toBeGreaterThan(3_500);
    expect(drawn.calls.length).toBeLessThan(5_000);
    expect(drawn.customers.filter(({ kind }) => kind === 'cold').length).toBeGreaterThan(5);
  });

  it('does everything within its span, oldest first, under a message id of its own', () => {
    const times = shop.calls.map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(nowMs);
    expect(times[0]).toBeGreaterThanOrEqual(nowMs - 60 * 86_400_000);
    expect(new Set(shop.calls.map(({ messageId }) => messageId)).size).toBe(shop.calls.length);
  });

  it('has every kind of event that a shop sends', () => {
    const names = new Set(shop.calls.map(({ type, event }) => event ?? type));
    expect([...names].toSorted()).toEqual([
      ...['Email Link Clicked', 'Email Opened', 'Order Completed', 'Product Added'],
      ...['Product Viewed', 'identify', 'page'],
    ]);
  });

  it('knows nobody by name before they sign in', () => {
    const signedIn = new Set<string>();
    for (const { type, userId, anonymousId } of shop.calls) {
      if (type === 'identify' && userId !== undefined) signedIn.add(userId);
      if (userId !== undefined) expect(signedIn.has(userId)).toBe(true);
      expect(anonymousId).toBeDefined();
    }
  });

  it('sells nothing before it is on sale', () => {
    const launchedAtMs = new Map(shop.items.map((item) => [item.itemId, item.launchedAtMs]));
    for (const { properties, timestamp } of shop.calls) {
      const id = properties?.product_id;
      if (typeof id !== 'string') continue;
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(launchedAtMs.get(id) ?? Infinity);
    }
  });

  it('sends nothing that the collector would refuse, but what is meant to be refused', () => {
    const circumstances = { receivedAtMs: nowMs };
    for (const call of shop.calls) {
      expect(validateCall(call, circumstances)).toMatchObject({ kind: 'valid' });
    }
    expect(shop.invalid.length).toBeGreaterThan(3);
    for (const call of shop.invalid) {
      expect(validateCall(call, circumstances), JSON.stringify(call)).toMatchObject({
        kind: 'refused',
      });
    }
  });

  it('sends some calls twice, to the letter', () => {
    expect(shop.duplicates.length).toBeGreaterThan(20);
    for (const duplicate of shop.duplicates) expect(shop.calls).toContain(duplicate);
  });
});

describe('the pictures', () => {
  it('differ between items, are small and are never empty', () => {
    const pictures = shop.items.map(drawItemSvg);
    expect(new Set(pictures).size).toBe(pictures.length);
    for (const picture of pictures) {
      expect(picture).toMatch(/^<svg .*<\/svg>$/);
      expect(picture).not.toMatch(/NaN|undefined/);
      expect(picture.length).toBeLessThan(1200);
    }
  });

  it('go into a block, so that one file shows it all', () => {
    const [item] = shop.items;
    if (item === undefined) throw new Error('the shop is empty');
    const html = renderHtml(
      {
        ...{ placement: 'for-you', customer: '', source: 'popular', reason: '', model: '' },
        ...{ experiment: '', variant: '', position: null, generated_at: '' },
        items: [
          {
            item_id: item.itemId,
            title: item.title,
            title_html: item.title,
            price: item.price,
            price_text: '£1.00',
            currency: 'GBP',
            url: item.url,
            click_url: item.url,
            image_url: item.imageUrl,
            rung: 'popular',
            reason: '',
          },
        ],
      },
      { heading: 'Picked for you', locale: 'en-GB' },
      compileTemplate(productGrid.liquid),
    );
    const shown = inlineImages(html, shop.items);
    expect(shown).toContain('src="data:image/svg+xml;base64,');
    expect(shown).not.toContain(item.imageUrl);
  });
});
