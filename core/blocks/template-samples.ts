import type { Recommendation, RecommendedItem } from './recommendation.ts';
import type { BlockOptions } from './render-html.ts';

/**
 * What a template is tried with before it is kept: an ordinary answer, and the worst that a catalogue may
 * hold. The texts are public; a template that writes one of them as markup is refused.
 */
export interface TemplateSample {
  readonly name: string;
  readonly recommendation: Recommendation;
  readonly options: BlockOptions;
}

/** The name of the element and of the attribute that a hostile text tries to become. */
export const HOSTILE_NAME = 'kindred-hostile';

const HOSTILE_TEXT = `"><${HOSTILE_NAME}>' ${HOSTILE_NAME}=1 x="<script>alert(1)</script>{{ 7 | times: 7 }}`;

const ordinary: RecommendedItem = {
  item_id: 'sample-1',
  title: 'Canvas trainers & spare laces',
  title_html: 'Canvas trainers &amp; spare laces',
  price: 49.5,
  price_text: '£49.50',
  currency: 'GBP',
  url: 'https://shop.example/products/1',
  click_url: 'https://shop.example/products/1',
  image_url: 'https://shop.example/images/1.png',
  reason: 'similar to items you viewed',
  rung: 'for-you',
};

export const templateSamples: readonly TemplateSample[] = [
  sample('an ordinary answer', 'Picked for you', 'en-GB', repeated(ordinary, 12)),
  sample('an answer of one item', 'Picked for you', 'en-GB', [ordinary]),
  sample('items without image, price and link', 'اخترنا لك', 'ar-EG', [
    { ...ordinary, price: null, price_text: '', currency: '', image_url: '', reason: '' },
    { ...ordinary, url: '', click_url: '' },
  ]),
  sample('titles that are markup', HOSTILE_TEXT, 'en-GB', [
    { ...ordinary, item_id: HOSTILE_TEXT, title: HOSTILE_TEXT, reason: HOSTILE_TEXT },
    { ...ordinary, title: HOSTILE_TEXT, price_text: HOSTILE_TEXT, currency: HOSTILE_TEXT },
    { ...ordinary, title: HOSTILE_TEXT, image_url: '' },
    { ...ordinary, title: HOSTILE_TEXT, url: '', click_url: '' },
  ]),
  sample('the longest titles', 'W'.repeat(200), 'de-DE', repeated(longest(), 24)),
];

function longest(): RecommendedItem {
  const url = `https://shop.example/${'a'.repeat(500)}`;
  return { ...ordinary, title: 'W'.repeat(200), url, click_url: url, image_url: url };
}

function repeated(item: RecommendedItem, count: number): RecommendedItem[] {
  return Array.from({ length: count }, (_, index) => ({ ...item, item_id: `sample-${index + 1}` }));
}

function sample(
  name: string,
  heading: string,
  locale: string,
  items: RecommendedItem[],
): TemplateSample {
  const recommendation: Recommendation = {
    placement: 'sample',
    customer: '',
    source: 'personal',
    reason: 'similar to items you viewed',
    model: '',
    experiment: '',
    variant: '',
    position: null,
    generated_at: '2026-01-01T00:00:00.000Z',
    items,
  };
  return { name, recommendation, options: { heading, locale } };
}
