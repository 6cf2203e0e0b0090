import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { escapeHtml } from '../../core/blocks/escape-html.ts';
import { presentItems } from '../../core/blocks/present.ts';
import { recommendedItem } from '../../core/blocks/recommendation.ts';
import { renderHtml } from '../../core/blocks/render-html.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { webUrl } from '../../core/blocks/web-url.ts';
import { itemNumber } from '../unit/small-shop.ts';

const markup = fc.constantFrom(
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!--[if mso]>',
  '-->',
  '&lt;b&gt;',
  '</td></table>',
  'javascript:alert(1)',
  'https://shop.example/"onload="x',
  '\u0000<\ud800>',
);
const text = fc.oneof(markup, fc.string({ unit: 'binary', maxLength: 60 }), fc.webUrl());
const item = fc.record({
  itemId: fc.constant('item-0'),
  title: text,
  price: fc.oneof(fc.constant(null), fc.double()),
  currency: fc.oneof(fc.constantFrom('GBP', 'XXX', '', 'gb'), text),
  url: text,
  imageUrl: text,
});

/** The mark-up of a block whose texts are replaced by nothing: what must not depend on them. */
function tagsOf(html: string): string[] {
  return (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
}

describe('texts from the catalogue', () => {
  it('add no tag and no attribute to a block', () => {
    fc.assert(
      fc.property(item, text, (drawn, reason) => {
        const [shown] = presentItems(
          [{ item: itemNumber(0, drawn), source: 'personal', rung: 'for-you', reason }],
          {
            locale: 'en-GB',
          },
        );
        const parsed = recommendedItem.parse(shown);
        const plain = {
          ...parsed,
          title: parsed.title && 'T',
          title_html: 'T',
          price_text: parsed.price_text && '£1',
          reason: parsed.reason && 'because',
          click_url: parsed.click_url && 'https://shop.example/',
          image_url: parsed.image_url && 'https://shop.example/a.png',
        };
        expect(tagsOf(blockOf(parsed))).toEqual(tagsOf(blockOf(plain)));
      }),
    );
  });

  it('reach an email only as http or https addresses', () => {
    fc.assert(
      fc.property(text, (url) => {
        const shown = webUrl(url);
        if (shown !== '') expect(['http:', 'https:']).toContain(new URL(shown).protocol);
      }),
    );
  });

  it('can be read back from their escaped form', () => {
    expect(escapeHtml(`<a href="x" title='y'>\`&</a>`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&#96;&amp;&lt;/a&gt;',
    );
  });

  it('lose every character with a meaning in HTML', () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(escapeHtml(raw)).not.toMatch(/[<>"'`]/);
        expect(escapeHtml(raw).replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
      }),
    );
  });
});

function blockOf(shown: ReturnType<typeof recommendedItem.parse>): string {
  return renderHtml(
    {
      placement: 'for-you',
      customer: '',
      source: 'personal',
      reason: '',
      model: '',
      experiment: '',
      variant: '',
      position: null,
      generated_at: '2026-11-23T12:00:00Z',
      items: [shown],
    },
    { heading: 'Picked for you', locale: 'en-GB' },
    compileTemplate(productGrid.liquid),
  );
}
