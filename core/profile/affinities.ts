import * as z from 'zod';
import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { type EventProduct, productOf, productsOf } from './event-products.ts';
import type { StoredForm } from './profile-parts.ts';
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

/** Sorted by label, each once: what two visits say is gone through side by side. */
const byLabel = z.array(z.tuple([z.string(), decayed]).readonly()).readonly();
type Labelled = readonly [label: string, sums: Decayed];
type ByLabel = readonly Labelled[];

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
  return (labels ?? [])
    .map(([label, sums]) => [label, valueAt(sums, epochsNow) / SCALE] as const)
    .sort(([labelA, x], [labelB, y]) => y - x || (labelA < labelB ? -1 : 1));
}

/** A label as it is kept: trimmed, and cut to LABEL_BYTES_MAX without half a character. */
export function labelOf(value: unknown): string | undefined {
  const text = textOf(value, LABEL_READ_MAX);
  if (text === undefined) return undefined;
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= LABEL_BYTES_MAX) return text;
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
  let sums: ByLabel | undefined;
  for (const { fields } of products) {
    const label = labelOf(fields[field]);
    if (label === undefined) continue;
    const own: ByLabel = [[label, [epoch, weight]]];
    sums = sums === undefined ? own : merged(sums, own);
  }
  return sums && bounded(sums, labelsMax);
}

function combineLabels(
  a: ByLabel | undefined,
  b: ByLabel | undefined,
  labelsMax: number,
): ByLabel | undefined {
  return a === undefined || b === undefined ? (a ?? b) : bounded(merged(a, b), labelsMax);
}

function merged(a: ByLabel, b: ByLabel): ByLabel {
  const sums: Labelled[] = [];
  let at = 0;
  for (const added of b) {
    let known = a[at];
    while (known !== undefined && known[0] < added[0]) {
      sums.push(known);
      at += 1;
      known = a[at];
    }
    if (known?.[0] === added[0]) {
      sums.push([added[0], addDecayed(known[1], added[1])]);
      at += 1;
    } else sums.push(added);
  }
  for (let known = a[at]; known !== undefined; known = a[at]) {
    sums.push(known);
    at += 1;
  }
  return sums;
}

function addDecayed(a: Decayed, b: Decayed): Decayed {
  const [newest, oldest] = (a[0] ?? 0) >= (b[0] ?? 0) ? [a, b] : [b, a];
  const [epoch = 0, sum = 0] = newest;
  // Within a visit, and mostly within a month, all that is known is of one epoch.
  const isOfOneEpoch = newest.length === 2 && oldest.length === 2 && oldest[0] === epoch;
  if (isOfOneEpoch) return [epoch, sum + (oldest[1] ?? 0)];
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

/** The strongest labels, of two alike the one whose name is less; in the order they came in. */
function bounded(labels: ByLabel, labelsMax: number): ByLabel {
  if (labels.length <= labelsMax) return labels;
  const newest = Math.max(...labels.map(([, [epoch = 0]]) => epoch));
  const weakest = labels
    .map((each) => ({ each, value: valueAt(each[1], newest) }))
    .sort((a, b) => b.value - a.value || (a.each[0] < b.each[0] ? -1 : 1))
    .slice(labelsMax);
  const dropped = new Set(weakest.map(({ each }) => each));
  return labels.filter((each) => !dropped.has(each));
}

/** As it was stored at first: the sums by label. */
const earlierByLabel = z.record(z.string(), decayed);
const earlierAffinities = z.object({ c: earlierByLabel.optional(), b: earlierByLabel.optional() });

export const affinitiesForm: StoredForm<Affinities> = {
  encode: (state) => state,
  decode: (stored) => affinities.safeParse(stored).data ?? ofEarlierForm(stored),
};

function ofEarlierForm(stored: unknown): Affinities | undefined {
  const { data } = earlierAffinities.safeParse(stored);
  const listed = (sums: z.infer<typeof earlierByLabel>): ByLabel =>
    Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1));
  return data && { ...(data.c && { c: listed(data.c) }), ...(data.b && { b: listed(data.b) }) };
}
