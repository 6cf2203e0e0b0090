import * as z from 'zod';
import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { type EventProduct, productOf, productsOf } from './event-products.ts';
import { textOf } from './untyped-value.ts';

/**
 * How much a customer is drawn to categories and brands: a sum of weights (view 1, basket 3, purchase 5) that
 * halves every HALF_LIFE_DAYS.
 *
 * Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward decay, ICDE 2009): instead of shrinking what is old, what
 * is new weighs more, by 2^(day / H). The weight of an event never changes after, so sums are the same in
 * any order. To stay within integers, days are cut into epochs of H days; an epoch's sum holds
 *
 *   s_e = Σ weight · round(SCALE · 2^((day mod H) / H))      over the events of the epoch e = ⌊day / H⌋
 *
 * and the affinity at the time t, in days, is Σ_e s_e · 2^(e − t/H) / SCALE. Sums of integers are exact; the
 * rounding of a factor is at most 0.05 %. Of a label the newest EPOCHS_MAX epochs are kept: which ones
 * depends on the newest alone, so no order matters. What goes weighed less than a sixteenth.
 *
 * Exactness ends with more distinct labels than the bounds below: then the least ones are dropped as
 * they stand, and one that comes back begins anew.
 */
export const HALF_LIFE_DAYS = 30;
export const EPOCHS_MAX = 4;
export const CATEGORIES_MAX = 16;
export const BRANDS_MAX = 12;
/** In UTF-8; a longer label is cut, so that all of them stay under 2 KB. */
export const LABEL_BYTES_MAX = 32;
const LABEL_READ_MAX = 1_000;
const SCALE = 1024;
const DAY_MS = 86_400_000;

/** Newest epoch, its sum, and the sums of the epochs before it. */
const decayed = z.array(z.number()).min(2).readonly();
type Decayed = readonly number[];

const byLabel = z.record(z.string(), decayed);
type ByLabel = Readonly<Record<string, Decayed>>;

/** `c` by category, `b` by brand. */
export const affinities = z.object({ c: byLabel.optional(), b: byLabel.optional() });
export interface Affinities {
  readonly c?: ByLabel | undefined;
  readonly b?: ByLabel | undefined;
}

interface Meaning {
  readonly weight: number;
  readonly productsIn: (event: CollectedEvent) => EventProduct[];
}

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['Product Viewed', { weight: 1, productsIn: productOf }],
  ['Product Added', { weight: 3, productsIn: productOf }],
  ['Order Completed', { weight: 5, productsIn: productsOf }],
]);

/** Names of the events that tell of affinities. */
export const affinityEvents: readonly string[] = [...meanings.keys()];

const factors = Array.from({ length: HALF_LIFE_DAYS }, (_, day) =>
  Math.round(SCALE * 2 ** (day / HALF_LIFE_DAYS)),
);

/** What an event adds to affinities; undefined where its products have neither category nor brand. */
export function affinitiesOf(event: CollectedEvent): Affinities | undefined {
  const meaning = event.type === 'track' ? meanings.get(event.event ?? '') : undefined;
  if (meaning === undefined) return undefined;
  if (event.event !== 'Order Completed' && isMadeByBot(event.context)) return undefined;
  const day = Math.floor(happenedAtMs(event) / DAY_MS);
  const epoch = Math.floor(day / HALF_LIFE_DAYS);
  const weight = meaning.weight * (factors[day - epoch * HALF_LIFE_DAYS] ?? SCALE);
  const products = meaning.productsIn(event);
  const c = sumsOf(products, 'category', epoch, weight, CATEGORIES_MAX);
  const b = sumsOf(products, 'brand', epoch, weight, BRANDS_MAX);
  if (c === undefined && b === undefined) return undefined;
  return { ...(c && { c }), ...(b && { b }) };
}

export function combineAffinities(a: Affinities, b: Affinities): Affinities {
  const categories = combineLabels(a.c, b.c, CATEGORIES_MAX);
  const brands = combineLabels(a.b, b.b, BRANDS_MAX);
  return { ...(categories && { c: categories }), ...(brands && { b: brands }) };
}

/** The affinity for each label at a time, strongest first. */
export function affinitiesAt(
  labels: ByLabel | undefined,
  atMs: number,
): (readonly [label: string, affinity: number])[] {
  const epochsNow = atMs / DAY_MS / HALF_LIFE_DAYS;
  return Object.entries(labels ?? {})
    .map(([label, sums]) => [label, valueAt(sums, epochsNow) / SCALE] as const)
    .sort(([labelA, x], [labelB, y]) => y - x || (labelA < labelB ? -1 : 1));
}

/** A label as it is kept: trimmed, and cut to LABEL_BYTES_MAX without half a character. */
export function labelOf(value: unknown): string | undefined {
  const text = textOf(value, LABEL_READ_MAX);
  if (text === undefined || text === '__proto__') return undefined;
  if (Buffer.byteLength(text) <= LABEL_BYTES_MAX) return text;
  let cut = '';
  for (const character of text) {
    if (Buffer.byteLength(cut + character) > LABEL_BYTES_MAX) break;
    cut += character;
  }
  return cut.trim();
}

function sumsOf(
  products: readonly EventProduct[],
  field: 'category' | 'brand',
  epoch: number,
  weight: number,
  labelsMax: number,
): ByLabel | undefined {
  const sums = new Map<string, Decayed>();
  for (const { fields } of products) {
    const label = labelOf(fields[field]);
    if (label !== undefined) sums.set(label, [epoch, (sums.get(label)?.[1] ?? 0) + weight]);
  }
  return sums.size === 0 ? undefined : bounded(sums, labelsMax);
}

function combineLabels(
  a: ByLabel | undefined,
  b: ByLabel | undefined,
  labelsMax: number,
): ByLabel | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [label = '', ...others] = Object.keys(b);
  const known = Object.hasOwn(a, label) ? a[label] : undefined;
  const added = b[label];
  // Most events speak of one product, whose category is known: no label comes or goes, and none moves.
  if (others.length === 0 && known !== undefined && added !== undefined) {
    return { ...a, [label]: addDecayed(known, added) };
  }
  const sums = new Map(Object.entries(a));
  for (const [label, added] of Object.entries(b)) {
    const known = sums.get(label);
    sums.set(label, known === undefined ? added : addDecayed(known, added));
  }
  return bounded(sums, labelsMax);
}

function addDecayed(a: Decayed, b: Decayed): Decayed {
  const [newest, oldest] = (a[0] ?? 0) >= (b[0] ?? 0) ? [a, b] : [b, a];
  const [epoch = 0] = newest;
  const sums: number[] = [epoch];
  for (let age = 0; age < EPOCHS_MAX; age += 1) {
    sums.push(sumAt(newest, epoch - age) + sumAt(oldest, epoch - age));
  }
  while (sums.length > 2 && sums.at(-1) === 0) sums.pop();
  return sums;
}

function sumAt(sums: Decayed, epoch: number): number {
  const age = (sums[0] ?? 0) - epoch;
  return age < 0 ? 0 : (sums[1 + age] ?? 0);
}

/** Σ_e s_e · 2^(e − epochsNow). */
function valueAt([epoch = 0, ...sums]: Decayed, epochsNow: number): number {
  return sums.reduce((value, sum, age) => value + sum * 2 ** (epoch - age - epochsNow), 0);
}

/** The strongest labels, sorted by name, so that equal states are equal as text. */
function bounded(sums: ReadonlyMap<string, Decayed>, labelsMax: number): ByLabel {
  let entries = [...sums];
  if (entries.length > labelsMax) {
    const newest = Math.max(...entries.map(([, [epoch = 0]]) => epoch));
    entries = entries
      .map((entry) => ({ entry, value: valueAt(entry[1], newest) }))
      .sort((a, b) => b.value - a.value || (a.entry[0] < b.entry[0] ? -1 : 1))
      .slice(0, labelsMax)
      .map(({ entry }) => entry);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
