import type { ShopItem } from './catalogue.ts';
import type { ShopCustomer } from './customers.ts';
import { attraction } from './customers.ts';
import type { Random } from './random.ts';
import type { SegmentCall } from './segment-call.ts';
import { productProperties } from './segment-call.ts';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A call before it has its message id, which counts over the whole shop. */
export type UnsentCall = Omit<SegmentCall, 'messageId'> & { readonly timeMs: number };

const MINUTE_MS = 60_000;
/** The longest visit: page, five products and an order, a few minutes each. */
export const VISIT_MS_MAX = 60 * MINUTE_MS;

const BASKET_PROBABILITY = 0.55;
const ORDER_PROBABILITY = 0.75;
const COMPLEMENT_PROBABILITY = 0.6;
const SIGN_IN_PROBABILITY = 0.6;
const EMAIL_OPEN_PROBABILITY = 0.35;
const EMAIL_CLICK_PROBABILITY = 0.4;

/** Everything one customer does in the span, oldest first. */
export function drawVisits(
  random: Random,
  customer: ShopCustomer,
  items: readonly ShopItem[],
  span: Span,
): UnsentCall[] {
  const diary = new Diary(customer);
  const lengthMs = span.endMs - VISIT_MS_MAX - span.startMs;
  const starts = Array.from(
    { length: customer.kind === 'cold' ? 1 : customer.sessionCount },
    () => span.startMs + Math.floor(random.fraction() * lengthMs),
  ).sort((a, b) => a - b);
  for (const startMs of starts) {
    if (customer.kind === 'cold') {
      diary.signIn(startMs);
      diary.page(startMs + MINUTE_MS, 'Home');
    } else {
      visit(random, diary, customer, items, startMs, (startMs - span.startMs) / lengthMs);
    }
  }
  return diary.calls.toSorted((a, b) => a.timeMs - b.timeMs);
}

function visit(
  random: Random,
  diary: Diary,
  customer: ShopCustomer,
  items: readonly ShopItem[],
  startMs: number,
  spanShare: number,
): void {
  let timeMs = startMs;
  const tick = (): number => {
    timeMs += random.integer(10, 180) * 1000;
    return timeMs;
  };
  if (diary.isSignedIn && random.happens(EMAIL_OPEN_PROBABILITY)) {
    diary.email(tick(), random.happens(EMAIL_CLICK_PROBABILITY));
  }
  diary.page(tick(), 'Home');
  const weights = attraction(customer.taste, items, startMs, spanShare);
  const basket: ShopItem[] = [];
  for (let count = random.integer(2, 3); count > 0; count -= 1) {
    const position = random.weighted(weights);
    const item = items[position];
    if (item === undefined) break;
    weights[position] = 0;
    diary.track(tick(), 'Product Viewed', productProperties(item));
    if (basket.length === 0 && random.happens(BASKET_PROBABILITY)) {
      basket.push(item);
      diary.track(tick(), 'Product Added', productProperties(item, 1));
      const companion = items[item.complement];
      // What goes with the item draws the eye, and is often bought along.
      if (
        companion !== undefined &&
        companion.launchedAtMs <= startMs &&
        random.happens(COMPLEMENT_PROBABILITY)
      ) {
        weights[item.complement] = 0;
        diary.track(tick(), 'Product Viewed', productProperties(companion));
        basket.push(companion);
      }
    }
  }
  const buys = basket.length > 0 && random.happens(ORDER_PROBABILITY);
  if (!diary.isSignedIn && (buys || random.happens(SIGN_IN_PROBABILITY))) diary.signIn(tick());
  if (buys) diary.order(tick(), basket);
}

/** Writes down one customer's calls: anonymous until they sign in, with both ids from then on. */
class Diary {
  readonly calls: UnsentCall[] = [];
  isSignedIn = false;
  #orderCount = 0;
  readonly #customer: ShopCustomer;

  constructor(customer: ShopCustomer) {
    this.#customer = customer;
  }

  signIn(timeMs: number): void {
    this.isSignedIn = true;
    const { email, firstName } = this.#customer;
    this.#write(timeMs, { type: 'identify', traits: { email, firstName } });
  }

  page(timeMs: number, name: string): void {
    this.#write(timeMs, { type: 'page', name, properties: { url: 'https://shop.example/' } });
  }

  track(timeMs: number, event: string, properties: Record<string, unknown>): void {
    this.#write(timeMs, { type: 'track', event, properties });
  }

  order(timeMs: number, basket: readonly ShopItem[]): void {
    this.#orderCount += 1;
    const pence = basket.reduce((sum, item) => sum + Math.round(item.price * 100), 0);
    this.track(timeMs, 'Order Completed', {
      order_id: `order-${this.#customer.userId}-${this.#orderCount}`,
      total: pence / 100,
      revenue: pence / 100,
      currency: 'GBP',
      products: basket.map((item) => productProperties(item, 1)),
    });
  }

  email(timeMs: number, isClicked: boolean): void {
    const campaign = {
      campaign_id: `weekly-${new Date(timeMs).toISOString().slice(0, 10)}`,
      campaign_name: 'Weekly letter',
    };
    this.track(timeMs, 'Email Opened', campaign);
    if (!isClicked) return;
    this.track(timeMs + 5000, 'Email Link Clicked', {
      ...campaign,
      link_url: 'https://shop.example/new-arrivals',
    });
  }

  #write(timeMs: number, call: Omit<UnsentCall, 'timeMs' | 'timestamp'>): void {
    const { anonymousId, userId } = this.#customer;
    this.calls.push({
      ...call,
      anonymousId,
      ...(this.isSignedIn ? { userId } : {}),
      timestamp: new Date(timeMs).toISOString(),
      timeMs,
    });
  }
}
