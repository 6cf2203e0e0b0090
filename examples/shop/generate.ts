import { drawCatalogue, type ShopItem } from './catalogue.ts';
import { drawCustomer, type ShopCustomer } from './customers.ts';
import { Random } from './random.ts';
import type { SegmentCall } from './segment-call.ts';
import { drawVisits, type Span } from './visits.ts';

/**
 * A synthetic shop: catalogue, customers with tastes, and everything they did in the days up to now,
 * as raw calls of the Segment Tracking API. Pure: the same options give the same shop to the letter.
 *
 * What is in it to be learnt: each customer keeps to one or two categories and a few brands (some
 * change their mind midway), some items are bought together, and some are new and rising. Nothing in
 * it knows how the model works or which customers it will be judged on.
 */
export interface ShopOptions {
  readonly seed: number;
  /** The end of the span; no call is later. */
  readonly nowMs: number;
  readonly customerCount?: number;
  readonly spanDays?: number;
}

export interface Shop {
  readonly seed: number;
  readonly items: readonly ShopItem[];
  readonly customers: readonly ShopCustomer[];
  /** Valid calls, oldest first, each with its own message id. */
  readonly calls: readonly SegmentCall[];
  /** Calls of `calls` once more, as a client sends them that missed the answer. */
  readonly duplicates: readonly SegmentCall[];
  /** What a faulty client sends: each of these is to be refused. */
  readonly invalid: readonly Readonly<Record<string, unknown>>[];
}

const DAY_MS = 86_400_000;
const DEFAULT_CUSTOMER_COUNT = 250;
const DEFAULT_SPAN_DAYS = 60;
/** One call in fifty is sent twice. */
const DUPLICATE_EVERY = 50;

export function generateShop(options: ShopOptions): Shop {
  const { seed, nowMs } = options;
  const customerCount = options.customerCount ?? DEFAULT_CUSTOMER_COUNT;
  const span: Span = {
    startMs: nowMs - (options.spanDays ?? DEFAULT_SPAN_DAYS) * DAY_MS,
    endMs: nowMs,
  };
  // Part 0 is the catalogue, part n the n-th customer.
  const items = drawCatalogue(Random.derived(seed, 0), nowMs);
  const customers: ShopCustomer[] = [];
  const unsent = Array.from({ length: customerCount }, (_, index) => {
    const random = Random.derived(seed, index + 1);
    const customer = drawCustomer(random, index, items);
    customers.push(customer);
    return drawVisits(random, customer, items, span);
  });
  const calls = unsent
    .flat()
    .sort((a, b) => a.timeMs - b.timeMs)
    .map(({ timeMs: _, ...call }, index) => ({
      ...call,
      messageId: `shop-${seed}-${String(index + 1).padStart(6, '0')}`,
    }));
  return {
    seed,
    items,
    customers,
    calls,
    duplicates: calls.filter((_, index) => index % DUPLICATE_EVERY === DUPLICATE_EVERY - 1),
    invalid: invalidCalls(seed, new Date(nowMs).toISOString()),
  };
}

/** One of each mistake that clients make most. */
function invalidCalls(seed: number, timestamp: string): Record<string, unknown>[] {
  const messageId = (mistake: string) => `shop-${seed}-invalid-${mistake}`;
  return [
    { type: 'track', event: 'Product Viewed', messageId: messageId('nobody'), timestamp },
    { type: 'track', userId: 'customer-0001', messageId: messageId('no-event'), timestamp },
    { type: 'purchase', userId: 'customer-0001', messageId: messageId('type'), timestamp },
    {
      type: 'identify',
      userId: 'customer-0001',
      traits: 'none',
      messageId: messageId('traits'),
      timestamp,
    },
    { type: 'page', anonymousId: 'device-x', messageId: messageId('time'), timestamp: 'yesterday' },
  ];
}
