import type { Recommendation, RecommendedItem } from './recommendation.ts';
import { directionOf, type TextDirection } from './text-direction.ts';
import { webUrl } from './web-url.ts';

/** What the block says besides the items. */
export interface BlockOptions {
  readonly heading: string;
  /** BCP 47 tag of the texts. */
  readonly locale: string;
}

/** Everything that a template can see, and nothing else; documented in docs/reference/blocks.md. */
export interface TemplateContext {
  readonly placement: string;
  readonly heading: string;
  readonly locale: string;
  readonly direction: TextDirection;
  /** The side on which text begins. */
  readonly start: 'left' | 'right';
  readonly source: string;
  readonly experiment: string;
  readonly variant: string;
  readonly items: readonly TemplateItem[];
}

/** An item as templates see it: every text is a text, empty where there is nothing to say. */
export interface TemplateItem {
  readonly item_id: string;
  readonly title: string;
  /** The title's first letter, for where there is no image. */
  readonly initial: string;
  readonly price: number | null;
  readonly price_text: string;
  readonly currency: string;
  /** Where the item leads: `click_url`, a web address or nothing. */
  readonly url: string;
  readonly image_url: string;
  readonly reason: string;
  /** From 1. */
  readonly position: number;
}

/**
 * A template that has been read: escapes all that it writes of its context.
 * @throws when it can't be rendered, or takes more time or memory than it may.
 */
export type RenderTemplate = (context: TemplateContext) => string;

/** Gmail clips a message at 102 KB; what does not fit below this is left off the end. */
export const BLOCK_BYTES_MAX = 100_000;

/**
 * Renders a recommendation as HTML for an email, with as many of its items as fit.
 * @throws what the template throws, and Error where it is too large without any item.
 */
export function renderHtml(
  recommendation: Recommendation,
  options: BlockOptions,
  template: RenderTemplate,
): string {
  const context = contextOf(recommendation, options);
  let { items } = context;
  while (true) {
    const html = template({ ...context, items });
    const byteCount = Buffer.byteLength(html);
    if (byteCount <= BLOCK_BYTES_MAX) return html;
    if (items.length === 0) throw new Error('the template is larger than a mail may be');
    // As many as would fit if all were alike; at least one less, so that this ends.
    const fitting = Math.floor((items.length * BLOCK_BYTES_MAX) / byteCount);
    items = items.slice(0, Math.min(fitting, items.length - 1));
  }
}

export function contextOf(
  recommendation: Recommendation,
  { heading, locale }: BlockOptions,
): TemplateContext {
  const direction = directionOf(locale);
  return {
    placement: recommendation.placement,
    heading,
    locale,
    direction,
    start: direction === 'rtl' ? 'right' : 'left',
    source: recommendation.source,
    experiment: recommendation.experiment,
    variant: recommendation.variant,
    items: recommendation.items.map(templateItem),
  };
}

function templateItem(item: RecommendedItem, index: number): TemplateItem {
  return {
    item_id: item.item_id,
    title: item.title,
    initial: [...item.title.trim()][0]?.toUpperCase() ?? '·',
    price: item.price,
    price_text: item.price_text,
    currency: item.currency,
    url: webUrl(item.click_url),
    image_url: webUrl(item.image_url),
    reason: item.reason,
    position: index + 1,
  };
}
