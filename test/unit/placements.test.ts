import { describe, expect, it } from 'vitest';
import { bundledPlacements, placementsOf } from '../../core/blocks/bundled-placements.ts';
import { presentItems, priceText } from '../../core/blocks/present.ts';
import { LIMIT_MAX, placementDocument } from '../../core/ranking/placement.ts';
import { requestedLimit } from '../../core/ranking/requested-limit.ts';
import { itemNumber, placementNamed } from './small-shop.ts';

const { placement, content } = placementNamed('for-you');

describe('the bundled placements', () => {
  it.each([
    ['for-you', ['for-you', 'recently-viewed', 'trending', 'popular', 'static']],
    ['recently-viewed', ['recently-viewed', 'popular', 'static']],
    ['popular', ['popular', 'static']],
    ['cart-recovery', ['cart-recovery', 'similar-to-last-viewed', 'for-you', 'popular', 'static']],
    ['replenish', ['replenishment', 'for-you', 'popular', 'static']],
  ])('%s goes down its ladder to static content', (id, kinds) => {
    expect(bundledPlacements.find(id)?.ladder.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('end in content that fills the largest answer alone', () => {
    expect(content.items.length).toBeGreaterThanOrEqual(LIMIT_MAX);
  });
});

describe('a placement document', () => {
  const load = (changes: object) => () =>
    placementsOf(
      { 'for-you': { ...placement, ...changes } },
      { evergreen: content },
      'for-you',
    ).list();

  it.each([
    ['a misspelt key', { laddder: [] }, /laddder/],
    ['a version from the future', { schemaVersion: 3 }, /schemaVersion/],
    ['a ladder that can end empty', { ladder: [{ kind: 'popular' }] }, /static rung/],
    ['a rule that nobody wrote', { rules: { ...placement.rules, exlude: {} } }, /exlude/],
    [
      'a price range upside down',
      { rules: { ...placement.rules, price: { min: 9, max: 1 } } },
      /min/,
    ],
    ['a strategy that nobody wrote', { ladder: [{ kind: 'magic' }] }, /ladder/],
    ['a default above its maximum', { limit: { default: 12, max: 4 } }, /limit\.max/],
    ['a locale that is none', { locale: 'not a locale' }, /language tag/],
    ['content that is not there', { ladder: [{ kind: 'static', content: 'gone' }] }, /no document/],
  ])('is refused with %s', (_, changes, message) => {
    expect(load(changes)).toThrow(message);
  });

  it('of the first form is read by the names of today', () => {
    const { template: _template, image: _image, ...fields } = placement;
    const first = {
      ...fields,
      schemaVersion: 1,
      ladder: [
        { kind: 'personal' },
        { kind: 'recent', withinDays: 90 },
        { kind: 'trending' },
        { kind: 'popular' },
        { kind: 'static', content: 'evergreen' },
      ],
    };
    expect(placementDocument.parse(first)).toEqual(placement);
    const unknown = { ...first, ladder: [{ kind: 'for-you' }] };
    expect(placementDocument.safeParse(unknown).success).toBe(false);
  });

  it('is needed for the fallback', () => {
    const load = () =>
      placementsOf({ 'for-you': placement }, { evergreen: content }, 'popular').list();
    expect(load).toThrow(/popular/);
  });

  it('is found by its own id alone', () => {
    const placements = placementsOf({ other: placement }, { evergreen: content }, 'other');
    expect(() => placements.find('other')).toThrow('The document other has the id for-you.');
    expect(placements.find('toString')).toBeUndefined();
  });

  it('that is wrong leaves the others as they are', () => {
    const documents = { 'for-you': placement, popular: { ...placement, ladder: [] } };
    const placements = placementsOf(documents, { evergreen: content }, 'for-you');
    expect(placements.find('for-you')).toEqual(placement);
    expect(placements.find('for-you')).toBe(placements.fallback);
    expect(() => placements.list()).toThrow(/ladder/);
  });
});

describe('the requested limit', () => {
  const bounds = { default: 12, max: 24 };

  it.each([
    [undefined, 12],
    ['1', 1],
    ['24', 24],
  ])('%s gives %i, without a word', (text, limit) => {
    expect(requestedLimit(text, bounds)).toEqual({ limit });
  });

  it.each([
    ['0', 12],
    ['-1', 12],
    ['1.5', 12],
    ['NaN', 12],
    ['', 12],
    ['twelve', 12],
    ['1e9', 24],
    ['25', 24],
    ['Infinity', 24],
  ])('%s gives %i and says so', (text, limit) => {
    expect(requestedLimit(text, bounds)).toMatchObject({
      limit,
      note: expect.stringContaining(`so ${limit} were given`),
    });
  });

  it('is not repeated where it was wrong', () => {
    expect(requestedLimit('ada@mail.example', bounds).note).not.toContain('ada');
  });
});

describe('a price', () => {
  it.each([
    [12.5, 'GBP', 'en-GB', '£12.50'],
    [1234.5, 'EUR', 'de-DE', '1.234,50\u00a0€'],
    [1200, 'JPY', 'en-GB', 'JP¥1,200'],
    [12.5, '', 'en-GB', '12.50'],
  ])('of %d %s is written for %s', (price, currency, locale, text) => {
    expect(priceText(price, currency, locale)).toBe(text);
  });
});

describe('a placement with a currency', () => {
  const item = itemNumber(0, { otherPrices: { EUR: 12 } });
  const shown = (currency?: string) =>
    presentItems([{ item, source: 'popular', rung: 'popular', reason: '' }], {
      locale: 'en-GB',
      ...(currency !== undefined && { currency }),
    })[0];

  it('shows the price that the shop gave in it, and no other as if it were one', () => {
    expect(shown('EUR')).toMatchObject({ price: 12, currency: 'EUR', price_text: '€12.00' });
    expect(shown('USD')).toMatchObject({ price: 10, currency: 'GBP', price_text: '£10.00' });
    expect(shown()).toMatchObject({ price: 10, currency: 'GBP' });
  });
});
