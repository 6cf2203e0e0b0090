import { describe, expect, it } from 'vitest';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { emailEngagementOf } from '../../core/profile/email-engagement.ts';
import { interactionsOf } from '../../core/profile/interactions.ts';
import { readUserAgent } from '../../lambdas/ingest/user-agent.ts';
import { visitorOf } from '../../lambdas/ingest/visitor.ts';
import { ask, basic, createMemoryCollector, proxyEvent, WRITE_KEY } from '../support/collector.ts';
import { eventIn } from '../support/event-in.ts';
import { trackEvent } from './event-maker.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

/** The context of the event that a call becomes. */
async function contextOf(context: unknown, headers: Record<string, string> = {}, sourceIp = '') {
  const collector = createMemoryCollector();
  const event = proxyEvent(
    '/v1/page',
    { userId: 'u', ...(context === undefined ? {} : { context }) },
    { headers: { authorization: basic(WRITE_KEY), ...headers } },
  );
  const identity = { ...event.requestContext.identity, sourceIp };
  const request = { ...event, requestContext: { ...event.requestContext, identity } };
  expect((await ask(collector, request)).statusCode).toBe(200);
  return collector.events()[0]?.context;
}

const browser = {
  Origin: 'https://shop.example',
  'User-Agent': IPHONE,
  'Accept-Language': 'fr;q=0.5, de-AT, en;q=0.9',
  'CloudFront-Viewer-Country': 'AT',
  'CloudFront-Viewer-Country-Region': '9',
  'CloudFront-Viewer-City': 'Vienna',
};

describe('the context of a browser’s event', () => {
  it('gains what the request says of the customer, the address cut', async () => {
    expect(await contextOf({}, browser, '203.0.113.77')).toEqual({
      userAgent: IPHONE,
      locale: 'de-AT',
      ip: '203.0.113.0',
      location: { country: 'AT', region: '9' },
      device: { type: 'mobile', manufacturer: 'Apple', model: 'iPhone' },
      os: { name: 'iOS', version: '17.0' },
      kindred: { browser: { name: 'Safari', version: '17.0' } },
    });
  });

  it('keeps what the caller states', async () => {
    const stated = {
      locale: 'en-GB',
      ip: '198.51.100.9',
      location: { city: 'Graz' },
      os: { name: 'mine' },
      campaign: { name: 'mine' },
      page: { url: 'https://shop.example/?utm_campaign=other' },
    };
    const context = await contextOf(stated, browser, '203.0.113.77');
    expect(context).toMatchObject({ ...stated, ip: '198.51.100.0' });
  });

  it('prefers the viewer’s address to the distribution’s', async () => {
    const viewed = (address: string) =>
      contextOf({}, { ...browser, 'CloudFront-Viewer-Address': address }, '203.0.113.77');
    expect((await viewed('198.51.100.9:443'))?.ip).toBe('198.51.100.0');
    expect((await viewed('2001:db8:1:2:3:4:5:6:443'))?.ip).toBe('2001:db8:1::');
    expect((await viewed('nonsense'))?.ip).toBeUndefined();
  });
});

describe('the context of a server’s event', () => {
  it('takes nothing from the server’s own request', async () => {
    const headers = { 'User-Agent': 'node', 'Accept-Language': '*', 'Sec-Fetch-Mode': 'cors' };
    expect(await contextOf(undefined, headers, '203.0.113.77')).toBeUndefined();
    expect(await contextOf({ shop: 'x' }, headers, '203.0.113.77')).toEqual({ shop: 'x' });
  });

  it('reads the customer’s user agent where the server states it', async () => {
    expect(await contextOf({ userAgent: IPHONE })).toMatchObject({ os: { name: 'iOS' } });
  });
});

describe('a page', () => {
  it('names its campaign, by its search or its address', async () => {
    const search = '?utm_source=news&utm_medium=email&utm_campaign=May%20sale&utm_source=2';
    const campaign = { source: 'news', medium: 'email', name: 'May sale' };
    expect((await contextOf({ page: { search } }))?.campaign).toEqual(campaign);
    const url = `https://shop.example/a${search}#utm_term=x`;
    expect((await contextOf({ page: { url } }))?.campaign).toEqual(campaign);
    expect(
      await contextOf({ page: { url: 'https://shop.example/utm_source' } }),
    ).not.toHaveProperty('campaign');
  });

  it('leaves an address out of its campaign, however often it is encoded', async () => {
    const search = '?utm_term=anna%40example.com&utm_content=anna%2540example.com&utm_source=a';
    expect((await contextOf({ page: { search } }))?.campaign).toEqual({ source: 'a' });
  });

  it.each([
    ['https://www.google.co.uk/search?q=anna', 'search', 'www.google.co.uk'],
    ['https://l.facebook.com/l.php?u=x', 'social', 'l.facebook.com'],
    ['https://shop.example/cart?id=1#top', 'internal', 'shop.example'],
    ['https://blog.example/post', 'referral', 'blog.example'],
  ])('says where its visitor came from: %s is %s', async (referrer, type, name) => {
    const page = { referrer, url: 'https://shop.example/' };
    const url = referrer.replace(/[?#].*/, '');
    expect((await contextOf({ page }))?.referrer).toEqual({ type, name, url });
  });
});

describe('a bot', () => {
  it('is flagged and not dropped', async () => {
    const context = await contextOf({}, { ...browser, 'User-Agent': GOOGLEBOT });
    expect(context).toMatchObject({ kindred: { bot: 'user-agent' } });
    const stated = await contextOf({ userAgent: GOOGLEBOT });
    expect(stated).toMatchObject({ kindred: { bot: 'user-agent' } });
  });

  it('is what reads a page ahead', async () => {
    const context = await contextOf({}, { ...browser, 'Sec-Purpose': 'prefetch;prerender' });
    expect(context).toMatchObject({ kindred: { bot: 'prefetch' } });
  });

  it('is no mail program’s server that shows an image to a person', () => {
    expect(readUserAgent('Mozilla/5.0 (via ggpht.com GoogleImageProxy)')).toEqual({ isBot: false });
  });

  it('engages with nothing, but an order is an order', () => {
    const context = { kindred: { bot: 'user-agent' } };
    const properties = { product_id: 'mug', products: [{ product_id: 'mug' }] };
    const by = (event: string) => trackEvent(event, { context, properties });
    expect(interactionsOf(by('Product Viewed'))).toEqual([]);
    expect(interactionsOf(by('Product Added'))).toEqual([]);
    expect(interactionsOf(by('Order Completed'))).toHaveLength(1);
    expect(emailEngagementOf(by('Email Opened'))).toEqual({ openCount: 0, clickCount: 0 });
  });

  it('cannot be denied in Kindred’s own field', async () => {
    const kindred = { bot: 'me', browser: 'mine', other: 1 };
    expect(await contextOf({ kindred })).toEqual({});
    expect(await contextOf({ kindred: { bot: 'prefetch' } })).toEqual({
      kindred: { bot: 'prefetch' },
    });
  });
});

describe('a user agent', () => {
  it('is read once, and a very long one not at all', () => {
    expect(readUserAgent(IPHONE)).toBe(readUserAgent(IPHONE));
    expect(readUserAgent('x'.repeat(10_000))).toEqual({ isBot: false });
  });
});

describe('an address in a field that is named as one', () => {
  const call = {
    type: 'track',
    event: 'Seen',
    userId: 'u',
    properties: { client_ip: '203.0.113.77', deep: [{ ipAddress: '2001:db8:1:2::7' }] },
    traits: { signup_ip: '203.0.113.77, 198.51.100.9' },
    context: { ip: '::ffff:203.0.113.77', ship: 'no 203.0.113.77' },
  };

  it('is cut at any depth before it reaches the stream', () => {
    const { accepted } = collectCalls([call], {
      source: { sourceId: 'website', priority: 100 },
      receivedAtMs: 0,
      hasher: new IdentityHasher('s'),
      mayHoldEmail: false,
      newMessageId: () => 'm',
      callBytesMax: 32_768,
    });
    expect(eventIn(accepted[0]!)).toMatchObject({
      properties: { client_ip: '203.0.113.0', deep: [{ ipAddress: '2001:db8:1::' }] },
      traits: { signup_ip: '203.0.113.0, 198.51.100.0' },
      context: { ip: '203.0.113.0', ship: 'no 203.0.113.77' },
    });
  });

  it('is cut before it reaches quarantine', () => {
    const refused = {
      index: 0,
      messageId: undefined,
      reason: 'bad-time',
      issues: [],
      call,
    } as const;
    const { event } = quarantinedCall(refused, { source: 'website', receivedAtMs: 0 });
    expect(event).toMatchObject({ properties: { client_ip: '203.0.113.0' } });
  });
});

describe('a request without headers', () => {
  it('says nothing of a visitor', () => {
    const event = proxyEvent('/v1/page', {});
    expect(visitorOf(Object.assign(event, { headers: null }))).toBeUndefined();
  });
});
