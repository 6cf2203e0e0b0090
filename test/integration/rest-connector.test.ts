import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Cursor,
  SourceRefusedError,
  SourceUnavailableError,
} from '../../adapters/sources/connector.ts';
import { guardedHttp } from '../../adapters/sources/guarded-http.ts';
import { createRestConnector, restConfig } from '../../adapters/sources/rest.ts';
import {
  type Fault,
  type FaultySource,
  type Paging,
  startFaultySource,
} from '../support/faulty-source-server.ts';

let source: FaultySource;
let waitsMs: number[];
beforeEach(async () => {
  source = await startFaultySource();
  source.records = people(25);
  waitsMs = [];
});
afterEach(() => source.stop());

const NOW_MS = Date.parse('2026-11-23T09:00:00Z');
const MINUTE_MS = 60_000;

/** The first changed an hour ago, each next one a minute later. */
function people(count: number) {
  return Array.from({ length: count }, (_, index) => person(index));
}
function person(index: number, updatedAtMs = NOW_MS - (60 - index) * MINUTE_MS) {
  const updated_at = new Date(updatedAtMs).toISOString();
  return { id: `p${index}`, email: `p${index}@shop.example`, city: 'Leeds', updated_at };
}

const paginations = {
  none: { kind: 'none' },
  link: { kind: 'link' },
  cursor: { kind: 'cursor', path: 'next.after', parameter: 'after' },
  page: { kind: 'page', parameter: 'page' },
  offset: { kind: 'offset', parameter: 'offset' },
} as const;

function connector(
  paging: Paging = 'link',
  options: { auth?: object; secrets?: Record<string, string>; tries?: object } = {},
) {
  source.paging = paging;
  const config = restConfig.parse({
    type: 'rest',
    url: source.url,
    items: 'people',
    pageSizeParameter: 'size',
    pagination: paginations[paging],
    watermark: { parameter: 'since', path: 'updated_at' },
    auth: options.auth ?? { kind: 'none' },
    mapping: {
      call: { type: 'identify' },
      id: 'id',
      version: ['updated_at'],
      fields: [
        { from: 'id', to: 'userId' },
        { from: 'city', to: 'traits.city' },
        { from: 'updated_at', to: 'timestamp' },
      ],
    },
  });
  const http = guardedHttp(
    { allowPrivateAddresses: true },
    {
      random: () => 0,
      nowMs: () => NOW_MS,
      wait: async (delayMs) => void waitsMs.push(delayMs),
    },
  );
  return createRestConnector(config, {
    http,
    secrets: options.secrets ?? {},
    nowMs: () => NOW_MS,
  });
}

interface Pass {
  readonly userIds: readonly string[];
  readonly messageIds: readonly string[];
  readonly cursor: Cursor;
}

/** Reads to the end, the cursor stored as JSON between any two pages. */
async function readAll(reader = connector(), from?: Cursor, nowMs = NOW_MS): Promise<Pass> {
  const calls: { userId: string; messageId: string }[] = [];
  let cursor = from;
  for (let page = 0; page < 100; page += 1) {
    const stored =
      cursor === undefined ? undefined : (JSON.parse(JSON.stringify(cursor)) as Cursor);
    const answer = await reader.read(stored, {
      nowMs,
      recordsMax: 10,
      overlapMs: 5 * MINUTE_MS,
      signal: new AbortController().signal,
    });
    calls.push(...(answer.calls as typeof calls));
    cursor = answer.next;
    if (answer.isEnd) {
      const userIds = calls.map(({ userId }) => userId);
      return { userIds, messageIds: calls.map(({ messageId }) => messageId), cursor };
    }
  }
  throw new Error('no end after a hundred pages');
}

const everybody = () => source.records.map(({ id }) => id);

describe('a REST source', () => {
  it.each(Object.keys(paginations) as Paging[])(
    'is read whole by pagination %s',
    async (paging) => {
      const { userIds, messageIds } = await readAll(connector(paging));
      expect(userIds).toEqual(everybody());
      expect(new Set(messageIds).size).toBe(25);
    },
  );

  it('gives what changed since, and the overlap again under the same message ids', async () => {
    const reader = connector();
    const first = await readAll(reader);
    source.records[3] = person(3, NOW_MS);
    const second = await readAll(reader, first.cursor, NOW_MS + MINUTE_MS);
    expect(source.asked.at(-1)?.url.searchParams.get('since')).toBe(
      new Date(NOW_MS - (60 - 24 + 5) * MINUTE_MS).toISOString(),
    );
    expect(second.userIds).toEqual(['p19', 'p20', 'p21', 'p22', 'p23', 'p24', 'p3']);
    const known = new Set(first.messageIds);
    expect(second.messageIds.map((id) => known.has(id))).toEqual([...Array(6).fill(true), false]);
  });

  it('finds what was committed late, dated within the overlap', async () => {
    const reader = connector();
    const { cursor } = await readAll(reader);
    source.records.push(person(99, NOW_MS - 39 * MINUTE_MS));
    expect((await readAll(reader, cursor)).userIds).toContain('p99');
  });

  it('skips nothing after a record that is dated a year ahead', async () => {
    const reader = connector();
    source.records.push(person(98, NOW_MS + 365 * 86_400_000));
    const { cursor } = await readAll(reader);
    source.records.push(person(99, NOW_MS + MINUTE_MS));
    expect((await readAll(reader, cursor, NOW_MS + 2 * MINUTE_MS)).userIds).toContain('p99');
  });

  it('skips nothing when our own clock is a day behind', async () => {
    const reader = connector();
    const { cursor } = await readAll(reader, undefined, NOW_MS - 86_400_000);
    source.records.push(person(99, NOW_MS));
    expect((await readAll(reader, cursor, NOW_MS)).userIds).toContain('p99');
  });

  it('goes on from an empty answer', async () => {
    source.records = [];
    const reader = connector();
    const { cursor } = await readAll(reader);
    source.records = people(2);
    expect((await readAll(reader, cursor)).userIds).toEqual(['p0', 'p1']);
  });
});

describe('who asks', () => {
  const secrets = {
    token: 't',
    username: 'u',
    password: 'p',
    clientId: 'client',
    clientSecret: 'secret',
  };

  it.each([
    ['bearer', { kind: 'bearer' }, 'Bearer t'],
    ['basic', { kind: 'basic' }, `Basic ${Buffer.from('u:p').toString('base64')}`],
  ])('shows it by %s', async (_name, auth, authorization) => {
    source.authorization = authorization;
    expect((await readAll(connector('link', { auth, secrets }))).userIds).toEqual(everybody());
  });

  it('shows it by OAuth2, with one token for all pages', async () => {
    source.authorization = 'Bearer first';
    const auth = { kind: 'oauth2', tokenUrl: source.tokenUrl };
    expect((await readAll(connector('link', { auth, secrets }))).userIds).toEqual(everybody());
    expect(source.asked.filter(({ url }) => url.pathname === '/token')).toHaveLength(1);
  });

  it('fetches a new token when the old one is withdrawn half-way', async () => {
    const auth = { kind: 'oauth2', tokenUrl: source.tokenUrl };
    const reader = connector('link', { auth, secrets });
    source.authorization = 'Bearer first';
    const context = {
      nowMs: NOW_MS,
      recordsMax: 10,
      overlapMs: 0,
      signal: AbortSignal.timeout(5_000),
    };
    const page = await reader.read(undefined, context);
    Object.assign(source, { authorization: 'Bearer second', token: 'second' });
    expect((await readAll(reader, page.next)).userIds).toEqual(everybody().slice(10));
  });

  it.each([
    ['the secret is missing', {}, /has no "token"/],
    ['the source says no', { token: 'wrong' }, /answered 401/],
  ])(
    'is told what is wrong where %s, without a word of the source',
    async (_name, given, message) => {
      source.authorization = 'Bearer t';
      const failure = readAll(connector('link', { auth: { kind: 'bearer' }, secrets: given }));
      await expect(failure).rejects.toThrow(SourceRefusedError);
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.not.toThrow(/anna/);
    },
  );
});

describe('a source on a bad day', () => {
  it.each<[string, Fault]>([
    ['429', { kind: 'status', status: 429 }],
    ['500', { kind: 'status', status: 500 }],
    ['503', { kind: 'status', status: 503 }],
    ['truncated JSON', { kind: 'truncated' }],
    ['a connection cut half-way', { kind: 'cut' }],
    ['a page of HTML', { kind: 'not-json' }],
    ['an endless answer', { kind: 'huge' }],
  ])('loses nothing by %s, on any page', async (_name, fault) => {
    source.faults.push(fault, fault);
    const reader = connector();
    const context = {
      nowMs: NOW_MS,
      recordsMax: 10,
      overlapMs: 0,
      signal: AbortSignal.timeout(20_000),
    };
    const first = await reader.read(undefined, context);
    source.faults.push(fault);
    const rest = await readAll(reader, first.next);
    const ids = first.calls.map((call) => (call as { userId: string }).userId);
    expect([...ids, ...rest.userIds]).toEqual(everybody());
    expect(waitsMs).toHaveLength(3);
  });

  it.each([
    ['seconds', '17', 17_000],
    ['a date', new Date(NOW_MS + 23_000).toUTCString(), 23_000],
  ])('is left alone as long as Retry-After says in %s', async (_name, retryAfter, delayMs) => {
    source.faults.push({ kind: 'status', status: 429, retryAfter });
    await readAll();
    expect(waitsMs).toEqual([delayMs]);
  });

  it('is given up in this run when it does not answer, and the next run goes on', async () => {
    const reader = connector();
    source.faults.push({ kind: 'silence' });
    const signal = AbortSignal.timeout(200);
    const context = { nowMs: NOW_MS, recordsMax: 10, overlapMs: 0, signal };
    await expect(reader.read(undefined, context)).rejects.toThrow(SourceUnavailableError);
    expect((await readAll(reader)).userIds).toEqual(everybody());
  });

  it.each<[string, Fault, RegExp]>([
    ['nothing like a list', { kind: 'body', body: { people: 7 } }, /no list at "people"/],
    ['another form', { kind: 'body', body: { data: [] } }, /no list at "people"/],
    [
      'a redirect to another host',
      { kind: 'redirect', location: 'http://169.254.169.254/latest/meta-data/' },
      /not public|may not be asked|another host/,
    ],
  ])('is refused with its remedy for %s', async (_name, fault, message) => {
    source.faults.push(fault);
    const failure = readAll();
    await expect(failure).rejects.toThrow(SourceRefusedError);
    await expect(failure).rejects.toThrow(message);
  });

  it.each(['link', 'cursor'] as const)('by %s that leads to itself is refused', async (paging) => {
    source.loop = 'itself';
    await expect(readAll(connector(paging))).rejects.toThrow(
      /does not advance|same page came twice/,
    );
  });

  it.each(['link', 'cursor', 'page', 'offset'] as const)(
    'that gives the same page again by %s is refused',
    async (paging) => {
      source.loop = 'same-page';
      await expect(readAll(connector(paging))).rejects.toThrow(/same page came twice/);
    },
  );

  it('hands records without an id on, to be judged and kept', async () => {
    const nameless = { city: 'York', updated_at: '2026-11-23T08:00:00Z' };
    source.faults.push({ kind: 'body', body: { people: [nameless, 'nonsense', null] } });
    const context = {
      nowMs: NOW_MS,
      recordsMax: 10,
      overlapMs: 0,
      signal: AbortSignal.timeout(5_000),
    };
    const { calls, recordCount } = await connector().read(undefined, context);
    expect(recordCount).toBe(3);
    expect(calls).toMatchObject([
      { type: 'identify', traits: { city: 'York' } },
      { type: 'identify' },
      { type: 'identify' },
    ]);
    expect(new Set(calls.map((call) => (call as { messageId: string }).messageId)).size).toBe(3);
  });

  it('refuses a cursor of something else', async () => {
    await expect(readAll(connector(), { offset: 7 })).rejects.toThrow(/kindred pull reset/);
  });
});

describe('a REST source of stock', () => {
  const stock = (mapping: object) => {
    source.paging = 'none';
    const config = restConfig.parse({
      type: 'rest',
      url: source.url,
      items: 'people',
      pagination: { kind: 'none' },
      auth: { kind: 'none' },
      mapping: { product: true, id: 'id', ...mapping },
    });
    const http = guardedHttp({ allowPrivateAddresses: true });
    return createRestConnector(config, { http, secrets: {}, nowMs: () => NOW_MS });
  };
  const context = {
    nowMs: NOW_MS,
    recordsMax: 100,
    overlapMs: 0,
    signal: new AbortController().signal,
  };
  const fields = [
    { from: 'id', to: 'product_id' },
    { from: 'stock', to: 'available' },
  ];

  it('says what can be bought, and sets aside what names no item', async () => {
    Object.assign(source.records[0] ?? {}, { stock: 'out_of_stock' });
    Object.assign(source.records[1] ?? {}, { stock: true });
    Object.assign(source.records[2] ?? {}, { id: null });
    const page = await stock({ fields }).read(undefined, context);
    expect(page.products?.slice(0, 2)).toEqual([
      {
        itemId: 'p0',
        source: 'feed',
        timeMs: NOW_MS,
        fields: { available: false },
        isRepeated: true,
      },
      {
        itemId: 'p1',
        source: 'feed',
        timeMs: NOW_MS,
        fields: { available: true },
        isRepeated: true,
      },
    ]);
    expect(page.products).toHaveLength(24);
    expect(page.calls).toEqual([
      expect.objectContaining({ type: 'track', messageId: expect.stringMatching(/^pull-/) }),
    ]);
  });

  it('has the time of its own that a record states, but none to come', async () => {
    const dated = [...fields, { from: 'updated_at', to: 'timestamp' }];
    const inAYear = new Date(NOW_MS + 365 * 24 * 60 * MINUTE_MS).toISOString();
    Object.assign(source.records[0] ?? {}, { updated_at: inAYear });
    const { products } = await stock({ fields: dated }).read(undefined, context);
    const timeOf = (id: string) => products?.find(({ itemId }) => itemId === id)?.timeMs;
    expect(timeOf('p0')).toBe(NOW_MS);
    expect(timeOf('p1')).toBe(NOW_MS - 59 * MINUTE_MS);
  });

  it('is refused where its mapping says neither call nor product, or both', () => {
    const both = { call: { type: 'identify' }, fields };
    expect(() => stock(both)).toThrow(/either a call or a product/);
    expect(() => stock({ product: undefined, fields })).toThrow(/either a call or a product/);
  });
});
