/**
 * Whether an item can be bought now, from the words of feeds and pages: truth values, Google's product
 * data specification (in_stock, out_of_stock, preorder, backorder) and schema.org's ItemAvailability.
 * What can be ordered for later can be bought. Undefined for any other word.
 * Sources: https://support.google.com/merchants/answer/6324448, https://schema.org/ItemAvailability
 */
export function availabilityOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' || value.length > WORD_LENGTH_MAX) return undefined;
  const known = meanings.get(value);
  if (known !== undefined) return known;
  const word = value
    .toLowerCase()
    .replace(/^https?:\/\/schema\.org\//, '')
    .replace(/[\s_-]/g, '');
  return meanings.get(word);
}

const WORD_LENGTH_MAX = 100;

const meanings: ReadonlyMap<string, boolean> = new Map([
  ['instock', true],
  ['available', true],
  ['limitedavailability', true],
  ['onlineonly', true],
  ['instoreonly', false],
  ['preorder', true],
  ['presale', true],
  ['backorder', true],
  ['madetoorder', true],
  ['outofstock', false],
  ['soldout', false],
  ['discontinued', false],
  ['unavailable', false],
  ['reserved', false],
]);
