import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTypes } from '../../core/events/event.ts';
import { documentedEvents } from '../../core/events/event-documentation.ts';
import { isTakenAlike } from '../support/taken-alike.ts';

const time = fc.oneof(
  fc
    .date({ min: new Date('1990-01-01'), max: new Date('2026-11-24'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    '2026-11-23T10:00:00+01:00',
    '2026-02-30T00:00:00.000Z',
    '2026-11-23T24:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    'yesterday',
    '',
    '2026-11-31T00:00:00.000Z',
    '20a6-11-23T10:00:00.000Z',
  ),
);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
  fc.constantFrom(
    '',
    'a"b',
    'a\\b',
    'a\nb',
    '\u2028',
    'GBP',
    'gbp',
    '203.0.113.77',
    'x'.repeat(513),
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 0.1, 1e21, 1e-7, 123456.789, 0.000001, 9007199254740991),
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('name', 'price', 'sku', 'url', 'größe', 'colour') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', '1', 'email', 'ip', 'clientIp', 'toJSON', '', 'a"'),
  },
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
  ),
})).any;
const examples = documentedEvents.flatMap(({ name: event, examples: all }) =>
  all.map((properties) => ({ event, properties })),
);
const page = fc.record(
  {
    url: text,
    referrer: fc.constantFrom('https://www.google.com/', 'x'),
    search: fc.constantFrom('?utm_source=a', ''),
  },
  { requiredKeys: [] },
);
const context = fc.record(
  {
    page,
    userAgent: fc.constantFrom('curl/8', 'Googlebot/2.1', ''),
    locale: fc.constantFrom('en', null),
    kindred: value,
    other: value,
    ip: text,
  },
  { requiredKeys: [] },
);
const id = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(null, 7, '', 'é', `email_sha256:${'0'.repeat(64)}`),
);
const shared = {
  messageId: text,
  userId: id,
  anonymousId: id,
  timestamp: time,
  originalTimestamp: time,
  sentAt: time,
  integrations: value,
  writeKey: text,
  receivedAt: time,
};
const known = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.dictionary(name, value, { maxKeys: 2 }),
    fc.record({ ...shared, context }, { requiredKeys: [] }),
  )
  .map(([{ event, properties }, more, rest]) => ({
    type: 'track',
    event,
    properties: { ...properties, ...more },
    ...rest,
  }));
const other = fc.record(
  {
    type: fc.constantFrom(...eventTypes, 'unknown'),
    event: fc.constantFrom('Custom', 'Refused', 'Product Viewed', 'Straße "7"', ''),
    name: value,
    groupId: id,
    previousId: id,
    traits: value,
    properties: value,
    ...shared,
    context,
  },
  { requiredKeys: ['type'] },
);
/** Mostly as clients send them, now and then not. */
const usual = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.integer({ min: 0, max: 99 }),
    fc.constantFrom(
      {},
      { page: { path: '/a' } },
      { page: { path: '/b', url: 'https://shop.example/b' } },
    ),
  )
  .map(([example, index, stated]) => ({
    messageId: `m-${index}`,
    type: 'track',
    ...example,
    anonymousId: 'device',
    userId: 'u',
    timestamp: '2026-11-23T11:00:00.000Z',
    context: stated,
  }));
const call = fc.oneof(
  { weight: 6, arbitrary: usual },
  { weight: 2, arbitrary: known },
  { weight: 1, arbitrary: other },
);
const shuffled = call.chain((one) =>
  fc
    .shuffledSubarray(Object.entries(one), { minLength: 3 })
    .map((entries) => Object.fromEntries(entries)),
);
const body = fc.record(
  {
    batch: fc.array(fc.oneof({ weight: 4, arbitrary: call }, { weight: 1, arbitrary: shuffled }), {
      minLength: 1,
      maxLength: 5,
    }),
    sentAt: fc.oneof({ weight: 3, arbitrary: fc.constant('2026-11-23T11:59:00.000Z') }, time),
    writeKey: fc.constantFrom('key', ''),
    more: value,
  },
  { requiredKeys: ['batch'] },
);

describe('a batch that is taken by its text', () => {
  it('is what it is when it is parsed', () => {
    let takenCount = 0;
    fc.assert(
      fc.property(body, fc.boolean(), (sent, isVisitor) => {
        if (isTakenAlike(JSON.stringify(sent), { isVisitor })) takenCount += 1;
      }),
      { numRuns: 10_000 },
    );
    // Else the property would hold of nothing.
    expect(takenCount).toBeGreaterThan(200);
  });

  it('is what it is when it is parsed, whatever happens to its text', () => {
    const character = fc.constantFrom(...'"\\{}[]:, 019-.eE@é\n\u0001ntfu/');
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.nat({ max: 3 }),
      added: fc.string({ unit: character, maxLength: 3 }),
    });
    let takenCount = 0;
    fc.assert(
      fc.property(
        fc.record({ batch: fc.array(usual, { minLength: 1, maxLength: 3 }) }),
        fc.array(change, { maxLength: 2 }),
        (sent, changes) => {
          let changed = JSON.stringify(sent);
          for (const { at, removed, added } of changes) {
            const start = Math.floor(at * changed.length);
            changed = changed.slice(0, start) + added + changed.slice(start + removed);
          }
          if (isTakenAlike(changed)) takenCount += 1;
        },
      ),
      { numRuns: 20_000 },
    );
    expect(takenCount).toBeGreaterThan(500);
  });
});
