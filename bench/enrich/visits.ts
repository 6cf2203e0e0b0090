/**
 * The events of a shop's everyday, as batches off the stream: visits of 9 to 15 events, in batches in which some
 * 67 visits go on at once, three events of each in a row.
 *
 * Rates, of visits: 52 % are of new visitors (Monetate's EQ4 2015, of 7 billion visits, told in
 * https://paymentweek.com/2016-3-29-how-do-new-and-returning-visitors-behave-online-monetate-explains-10044/ , which
 * also says 3.5 % of orders and 4 to 10 % of carts); a product is put into the cart in 10 %, and 70 % of carts are
 * left (Baymard's mean of 49 studies, https://baymard.com/lists/cart-abandonment-rate ), so 3 % buy. Assumed, as no
 * public figure was found: 15 % sign in, and opens and clicks of mailings are 5 % of all events, each alone in its batch.
 */

import { hash } from 'node:crypto';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { generateShop } from '../../examples/shop/generate.ts';
import { productProperties, type SegmentCall } from '../../examples/shop/segment-call.ts';
import type { StreamRecord } from '../../lambdas/enrich/stream-record.ts';
import { BATCH_RECORDS, COALESCED, recordOf } from './sessions.ts';

const START_MS = Date.parse('2026-10-01T00:00:00Z');
const VISITS_AT_ONCE = 67;
/** People who come back, each some ten times over the run. */
const REGULARS = 400;
const NEW_SHARE = 0.52;
const CART_SHARE = 0.1;
const ORDER_SHARE = 0.03;
const SIGN_IN_SHARE = 0.15;
const MAIL_SHARE = 0.05;
const EVENT_GAP_MS = 25_000;
const MAIL = ['Email Opened', 'Email Opened', 'Email Opened', 'Email Link Clicked'];

const isMail = ({ event }: Said) => event?.startsWith('Email') ?? false;

const SEARCH = '?utm_source=newsletter&utm_medium=email&utm_campaign=autumn';

/** What analytics.js knows of the page, and says with every call; of a `page` call it is the properties too. */
function pageOf({ properties }: Said): Record<string, unknown> {
  const url = String(properties?.url ?? 'https://shop.example/category');
  return {
    path: new URL(url).pathname,
    referrer: 'https://www.search.example/',
    search: SEARCH,
    title: String(properties?.name ?? 'Everything for the house'),
    url: `${url}${SEARCH}`,
  };
}

/**
 * A call as analytics.js (`next-1.84.3`) sends it from Chromium: field by field what an unmodified one posts in
 * test/browser/segment-analytics-next.test.ts, on a page that a newsletter led to.
 */
function browserCall(said: Said, messageNumber: number) {
  const page = pageOf(said);
  return {
    ...said,
    messageId: `ajs-next-${START_MS + messageNumber}-${uuidOf(`message ${messageNumber}`)}`,
    integrations: {},
    ...(said.type === 'page' && { properties: { ...page, name: said.name ?? '' } }),
    context: {
      page,
      userAgent: USER_AGENT,
      userAgentData: {
        brands: [
          { brand: 'Not:A-Brand', version: '8' },
          { brand: 'Chromium', version: '142' },
        ],
        mobile: false,
        platform: 'Windows',
      },
      locale: 'en-GB',
      library: { name: 'analytics.js', version: 'next-1.84.3' },
      campaign: { source: 'newsletter', medium: 'email', name: 'autumn' },
      timezone: 'Europe/London',
    },
    _metadata: { bundled: ['Segment.io'], unbundled: [], bundledIds: [] },
  };
}

const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** What the request says beside its calls; see lambdas/ingest/visitor.ts. */
const visitor = {
  isPrefetch: false,
  network: '203.0.113.0',
  context: { userAgent: USER_AGENT, locale: 'en-GB', ip: '203.0.113.0' },
};

/** The same for the same name, in the form of a random one. */
function uuidOf(name: string): string {
  const hex = hash('sha256', name, 'hex');
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join('-');
}

type Said = Pick<SegmentCall, 'type'> & Partial<SegmentCall>;

export function visitBatches(batchCount: number): StreamRecord[][] {
  const random = seededRandom(1);
  const { items } = generateShop({ seed: 1, nowMs: START_MS, customerCount: 1 });
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const calls: SegmentCall[] = [];
  let visitCount = 0;
  const push = (said: Said, person: string, isUser: boolean) => {
    const timestamp = new Date(
      START_MS + calls.length * (EVENT_GAP_MS / VISITS_AT_ONCE),
    ).toISOString();
    const userId = isUser ? { userId: `user-${person}` } : {};
    calls.push({
      messageId: `m-${calls.length}`,
      timestamp,
      anonymousId: uuidOf(person),
      ...userId,
      ...(isMail(said) ? said : browserCall(said, calls.length)),
    });
  };
  const newVisit = () => {
    visitCount += 1;
    const isNew = random() < NEW_SHARE;
    const person = isNew ? `new-${visitCount}` : `regular-${Math.floor(random() * REGULARS)}`;
    const isUser = random() < SIGN_IN_SHARE;
    return {
      person,
      isUser,
      said: visit(random, () => productProperties(any(items)), visitCount, isUser),
    };
  };
  const going = Array.from({ length: VISITS_AT_ONCE }, newVisit);
  while (calls.length < batchCount * BATCH_RECORDS) {
    for (const [index, { person, isUser, said }] of going.entries()) {
      for (const each of said.splice(0, COALESCED)) push(each, person, isUser);
      if (random() < MAIL_SHARE * COALESCED) {
        push(
          { type: 'track', event: any(MAIL), properties: { email_id: 'week-40' } },
          `regular-${Math.floor(random() * REGULARS)}`,
          false,
        );
      }
      if (said.length === 0) going[index] = newVisit();
    }
  }
  const records = calls.map((call, index) =>
    recordOf(call, index, call.event?.startsWith('Email') ? undefined : visitor),
  );
  return Array.from({ length: batchCount }, (_, index) =>
    records.slice(index * BATCH_RECORDS, (index + 1) * BATCH_RECORDS),
  );
}

/** What is done in one visit, in its order. */
function visit(
  random: () => number,
  product: () => Record<string, unknown>,
  visitNumber: number,
  isUser: boolean,
): Said[] {
  const length = COALESCED * (3 + Math.floor(random() * 3));
  const dice = random();
  const bought = product();
  const viewed = (): Said => ({ type: 'track', event: 'Product Viewed', properties: product() });
  const page = (): Said => ({ type: 'page', name: 'Page', properties: { path: '/category' } });
  const said = Array.from({ length }, () => (random() < 0.45 ? viewed() : page()));
  if (isUser) said[1] = { type: 'identify', traits: { plan: 'gold', city: 'Bath' } };
  if (dice < CART_SHARE) {
    said[length - 3] = { type: 'track', event: 'Product Added', properties: bought };
  }
  if (dice < ORDER_SHARE) {
    const total = Number(bought.price);
    const properties = { order_id: `o-${visitNumber}`, currency: 'EUR', total, products: [bought] };
    said[length - 1] = { type: 'track', event: 'Order Completed', properties };
  }
  return said;
}
