import { describe, expect, it } from 'vitest';
import { sourceDocument } from '../../core/events/source.ts';
import { plainBatchOf } from '../../core/identity/collect-plain.ts';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { compileEventCheck } from '../../core/quality/row-check.ts';
import { parseSuite } from '../../core/quality/suite.ts';
import { type IntakePorts, takeIn } from '../../lambdas/ingest/intake.ts';

const RECEIVED_MS = Date.parse('2026-11-24T12:00:00Z');
const suite = (...expectations: object[]) =>
  parseSuite(
    {
      formVersion: 1,
      suiteId: 'our-events',
      version: 1,
      title: 'Our events',
      dataset: 'events',
      columns: {
        event: { type: 'text' },
        currency: { type: 'text' },
        properties: { type: 'json' },
        coupon: { type: 'text', from: 'properties.coupon' },
      },
      expectations,
    },
    'suite',
  );
const coupon = { id: 'coupon-known', kind: 'in', column: 'coupon', values: ['SPRING', 'AUTUMN'] };
const calls = [
  {
    type: 'track',
    userId: 'u1',
    messageId: 'm1',
    event: 'Coupon Used',
    properties: { coupon: 'SPRING' },
  },
  {
    type: 'track',
    userId: 'u1',
    messageId: 'm2',
    event: 'Coupon Used',
    properties: { coupon: 'WINTER' },
  },
  {
    type: 'track',
    userId: 'u1',
    messageId: 'm3',
    event: 'Product Viewed',
    properties: { product_id: 'p' },
  },
];

async function takeInWith(expectations: IntakePorts['expectations'], isPlain = false) {
  const kept: QuarantinedCall[] = [];
  const put: string[] = [];
  const counts: Record<string, number> = {};
  const ports: IntakePorts = {
    stream: {
      put: async (records) => {
        for (const { data } of records)
          put.push(JSON.parse(Buffer.from(data).toString()).messageId);
      },
    },
    quarantine: { keep: async (refused) => void kept.push(...refused) },
    identitySecret: async () => 'secret',
    count: (metric, value) => {
      counts[metric] = (counts[metric] ?? 0) + value;
    },
    ...(expectations === undefined ? {} : { expectations }),
  };
  const sent = Buffer.from(JSON.stringify({ batch: calls }));
  const plain = plainBatchOf(sent);
  if (isPlain && plain === undefined) throw new Error('the batch should be plain');
  const outcome = await takeIn(
    isPlain && plain !== undefined ? plain : calls,
    {
      source: sourceDocument.parse({ sourceId: 'shop' }),
      receivedAtMs: RECEIVED_MS,
      callBytesMax: 32_000,
      mayHoldEmail: false,
    },
    ports,
    Number.POSITIVE_INFINITY,
  );
  return { outcome, kept, put, counts };
}

describe.each([false, true])('calls that come in, as a plain batch: %s', (isPlain) => {
  it('go to quarantine where an expectation of that severity is unmet, with its name', async () => {
    const check = compileEventCheck([suite({ ...coupon, severity: 'quarantine' })]);
    const { kept, put, counts, outcome } = await takeInWith(async () => check, isPlain);
    expect(put).toEqual(['m1', 'm3']);
    expect(kept).toMatchObject([
      {
        reason: 'unmet-expectation',
        event: { messageId: 'm2' },
        issues: [
          {
            path: 'properties.coupon',
            message: expect.stringMatching(
              /^our-events\/coupon-known: in is expected of coupon; send it as expected, or change the suite our-events$/,
            ),
          },
        ],
      },
    ]);
    expect(outcome.refused).toHaveLength(1);
    expect(counts).toMatchObject({ EventsAccepted: 2, EventsQuarantined: 1 });
  });

  it('are taken and counted where one warns', async () => {
    const check = compileEventCheck([suite({ ...coupon, severity: 'warn' })]);
    const { kept, put, counts } = await takeInWith(async () => check, isPlain);
    expect(put).toEqual(['m1', 'm2', 'm3']);
    expect(kept).toEqual([]);
    expect(counts).toMatchObject({ EventsUnexpected: 1, 'Unexpected/our-events/coupon-known': 1 });
  });

  it('are taken as ever where no suite says anything of one event', async () => {
    for (const expectations of [undefined, async () => undefined]) {
      const { put, counts } = await takeInWith(expectations, isPlain);
      expect(put).toEqual(['m1', 'm2', 'm3']);
      expect(counts).toEqual({ EventsAccepted: 3, EventsQuarantined: 0 });
    }
  });
});

describe('at the door', () => {
  it.each<[what: string, one: object, runs: boolean]>([
    ['a set is looked at', { ...coupon, severity: 'quarantine' }, true],
    ['what stops the data is not', { ...coupon, severity: 'stop' }, false],
    ['what has a tolerance is not', { ...coupon, severity: 'warn', atMost: { count: 3 } }, false],
    [
      'a pattern is not',
      { id: 'a', kind: 'matches', column: 'event', pattern: '^(a+)+$', severity: 'warn' },
      false,
    ],
    [
      'a condition with a pattern is not',
      { ...coupon, severity: 'warn', where: [{ column: 'event', matches: 'a' }] },
      false,
    ],
    [
      'what concerns many rows is not',
      { id: 'a', kind: 'unique', columns: ['event'], severity: 'quarantine' },
      false,
    ],
  ])('%s', (_, one, runs) => {
    expect(compileEventCheck([suite(one)]) !== undefined).toBe(runs);
  });

  it('an expectation of a column that events haven’t is left out', () => {
    const one = {
      id: 'a',
      kind: 'complete',
      columns: ['shoe_size'],
      severity: 'quarantine' as const,
    };
    const { columns, ...rest } = suite({ ...coupon, severity: 'warn' });
    const unknown = { ...columns, shoe_size: { type: 'integer' as const } };
    expect(compileEventCheck([{ ...rest, columns: unknown, expectations: [one] }])).toBeUndefined();
  });

  it('a suite of another data set has no say', () => {
    const orders = { ...suite({ ...coupon, severity: 'quarantine' }), dataset: 'orders' };
    expect(compileEventCheck([orders])).toBeUndefined();
  });
});
