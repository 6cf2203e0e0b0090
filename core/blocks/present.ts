import { inCurrency } from '../catalogue/item.ts';
import type { Placement } from '../ranking/placement.ts';
import type { RankedItem } from '../ranking/ranking-request.ts';
import { escapeHtml } from './escape-html.ts';
import type { RecommendedItem } from './recommendation.ts';
import { webUrl } from './web-url.ts';

/** A title of three lines in a column; it bounds the answer whatever the shop calls its products. */
const TITLE_LENGTH_MAX = 200;

/** Ranked items as an ESP sees them: flat, every key there, prices written for the locale. */
export function presentItems(
  ranked: readonly RankedItem[],
  { locale, currency: wanted }: Pick<Placement, 'locale' | 'currency'>,
): RecommendedItem[] {
  return ranked.map(({ item: ownItem, reason, rung }) => {
    const item = inCurrency(ownItem, wanted);
    const title = shortened(item.title.toWellFormed());
    const price = isPrice(item.price) ? item.price : null;
    const currency = isCurrencyCode(item.currency) ? item.currency : '';
    const url = webUrl(item.url);
    return {
      item_id: item.itemId,
      title,
      title_html: escapeHtml(title),
      price,
      price_text: price === null ? '' : priceText(price, currency, locale),
      currency,
      url,
      // The shop's own address, until the answer is signed for whoever asked.
      click_url: url,
      image_url: webUrl(item.imageUrl),
      reason,
      rung,
    };
  });
}

/** A price as it is written in the locale: `£12.50`; where the currency is unknown (empty), `12.50`. */
export function priceText(price: number, currency: string, locale: string): string {
  const { format, texts } = formatOf(locale, currency);
  const known = texts.get(price);
  if (known !== undefined) return known;
  const text = format.format(price);
  if (texts.size >= TEXTS_MAX) texts.clear();
  texts.set(price, text);
  return text;
}

/**
 * Makes the first format of a process, for which it looks through all the locales there are (14 ms): for a moment in which
 * nobody waits for the processor.
 */
export function loadLocales(): void {
  formatOf('en', '');
}

interface PriceFormat {
  readonly format: Intl.NumberFormat;
  /** By price: writing one takes some microseconds, and a shop has few different ones. */
  readonly texts: Map<number, string>;
}

/** Making one takes as long as ranking; a shop has a few. */
const formats = new Map<string, PriceFormat>();
const FORMATS_MAX = 100;
const TEXTS_MAX = 1_000;

function formatOf(locale: string, currency: string): PriceFormat {
  const name = `${locale} ${currency}`;
  const known = formats.get(name);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat(
    locale,
    currency === ''
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : { style: 'currency', currency },
  );
  const made = { format, texts: new Map<number, string>() };
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(name, made);
  return made;
}

/** A price by Latin digits and the currency's code, `GBP 12.50`, for where signs are scarce. */
export function plainPriceText(price: number, currency: string): string {
  const code = currency === '' ? {} : ({ style: 'currency', currency } as const);
  return new Intl.NumberFormat('en', {
    ...code,
    ...(currency === '' && { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    currencyDisplay: 'code',
  }).format(price);
}

function isCurrencyCode(currency: string): boolean {
  return /^[A-Z]{3}$/.test(currency);
}

function isPrice(price: number | null): price is number {
  return price !== null && Number.isFinite(price) && price >= 0;
}

function shortened(title: string): string {
  if (title.length <= TITLE_LENGTH_MAX) return title;
  const characters = [...title];
  return characters.length <= TITLE_LENGTH_MAX
    ? title
    : `${characters.slice(0, TITLE_LENGTH_MAX - 1).join('')}…`;
}
