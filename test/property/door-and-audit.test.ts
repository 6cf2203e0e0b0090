import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditDatabase } from '../../adapters/duckdb/audit-database.ts';
import { runAudit } from '../../adapters/duckdb/run-audit.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { eventColumns } from '../../core/quality/curated-events.ts';
import { compileEventCheck } from '../../core/quality/row-check.ts';
import { parseSuite } from '../../core/quality/suite.ts';

/** An expectation is one thing, judged in two ways: by JavaScript at the door and by SQL at night. */
const when = [{ column: 'event', in: ['Quiz Finished'] }];
const suite = parseSuite(
  {
    formVersion: 1,
    suiteId: 'events',
    version: 1,
    title: 'Events',
    dataset: 'events',
    time: 'received_at',
    columns: {
      event: { type: 'text' },
      received_at: { type: 'time' },
      occurred_at: { type: 'time' },
      revenue: { type: 'number' },
      properties: { type: 'json' },
      text: { type: 'text', from: 'properties.text' },
      whole: { type: 'integer', from: 'properties.whole' },
      amount: { type: 'number', from: 'properties.amount' },
      flag: { type: 'boolean', from: 'properties.flag' },
      deep: { type: 'text', from: 'properties.inner.deep' },
    },
    expectations: [
      { id: 'types', kind: 'types', columns: ['whole', 'amount', 'flag'] },
      { id: 'complete', kind: 'complete', columns: ['text', 'deep'] },
      { id: 'complete-number', kind: 'complete', columns: ['amount'] },
      { id: 'where-in', kind: 'complete', columns: ['text'], where: when },
      {
        id: 'where-missing',
        kind: 'complete',
        columns: ['whole'],
        where: [{ column: 'amount', isMissing: false }],
      },
      {
        id: 'where-bounds',
        kind: 'in',
        column: 'text',
        values: ['a'],
        where: [{ column: 'amount', minimum: 0, exclusiveMaximum: 10 }],
      },
      { id: 'range', kind: 'range', column: 'amount', minimum: 0, maximum: 10 },
      {
        id: 'range-open',
        kind: 'range',
        column: 'whole',
        exclusiveMinimum: 0,
        exclusiveMaximum: 7,
      },
      { id: 'range-time', kind: 'range', column: 'occurred_at', minimum: '2026-11-24T06:00:00' },
      { id: 'in', kind: 'in', column: 'text', values: ['a', 'b', ''] },
      { id: 'in-number', kind: 'in', column: 'whole', values: [1, 2, 12] },
      { id: 'in-flag', kind: 'in', column: 'flag', values: [true] },
      { id: 'not-in', kind: 'notIn', column: 'text', values: ['a', 'ü'] },
      { id: 'email', kind: 'format', column: 'text', format: 'email' },
      { id: 'url', kind: 'format', column: 'text', format: 'url' },
      { id: 'currency', kind: 'format', column: 'text', format: 'currency' },
      { id: 'iso-time', kind: 'format', column: 'text', format: 'isoTime' },
      { id: 'compare', kind: 'compare', left: 'amount', operator: '<=', right: 'whole' },
      {
        id: 'compare-times',
        kind: 'compare',
        left: 'occurred_at',
        operator: '<',
        right: 'received_at',
      },
      { id: 'compare-equal', kind: 'compare', left: 'amount', operator: '=', right: 'revenue' },
      { id: 'compare-other', kind: 'compare', left: 'text', operator: '!=', right: 'deep' },
    ].map((one) => ({ severity: 'warn', ...one })),
  },
  'suite',
);

const text = fc.oneof(
  fc.constantFrom('a', 'b', '', ' ', 'GBP', 'gbp', 'ü', 'a@b.example', 'a@b', '\u00a0a@b.example'),
  fc.constantFrom(
    'https://a.example/x',
    'https://',
    'http://a b',
    '2026-11-24T10:00:00Z',
    'line\nfeed',
  ),
  fc.constantFrom('2026-11-24T25:00:00Z', "o'clock", '"', '\\', '%', 'null', 'a b'),
);
const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 7, 10, 12, -1, 0.1, 1e21, 9.5),
  fc.constantFrom('0', '1', ' 12 ', '12.7', '+3', '-0', '1e1', '.5', '5.', '0x10', '1_000', 'nan'),
  fc.constantFrom('infinity', '9223372036854775807', '9223372036854775808', '1,5', '१'),
);
const any = fc.oneof(
  text,
  number,
  fc.constantFrom<unknown>(null, true, false, 'true', 'T', 'no', 'maybe', [], ['a'], {}, { a: 1 }),
);
const properties = fc.record(
  {
    text: fc.oneof(text, any),
    whole: fc.oneof(number, any),
    amount: fc.oneof(number, any),
    flag: any,
    inner: fc.oneof(fc.record({ deep: any }, { requiredKeys: [] }), any),
    revenue: fc.oneof(number, fc.constant(undefined)),
  },
  { requiredKeys: [] },
);
const event = fc.record({
  name: fc.constantFrom('Quiz Finished', 'Order Completed', undefined),
  hour: fc.integer({ min: 0, max: 23 }),
  properties,
});

function eventOf(
  one: typeof event extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): CollectedEvent {
  return {
    schemaVersion: 1,
    messageId: `m${index}`,
    type: 'track',
    ...(one.name === undefined ? {} : { event: one.name }),
    identities: [{ kind: 'userId', key: 'k' }],
    source: 'shop',
    timestamp: new Date(Date.UTC(2026, 10, 24, one.hour)).toISOString(),
    receivedAt: '2026-11-24T12:00:00.000Z',
    properties: JSON.parse(JSON.stringify(one.properties)),
  };
}

/** The curated columns as compaction writes them, but as JSON. */
function lineOf(one: CollectedEvent): string {
  const columns = eventColumns.map(({ name, of }) => [name, of(one)]);
  return `${JSON.stringify(Object.fromEntries(columns))}\n`;
}

describe('an event at the door and in the audit', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'door-and-audit-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is judged alike, whatever its properties are', async () => {
    const check = compileEventCheck([suite]);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 60 }), async (drawn) => {
        const events = drawn.map(eventOf);
        const atTheDoor: Record<string, number> = {};
        for (const one of events) {
          for (const id of check?.(one).warned ?? []) atTheDoor[id] = (atTheDoor[id] ?? 0) + 1;
        }
        runs += 1;
        const file = join(folder, `${runs}.ndjson`);
        await writeFile(file, events.map(lineOf).join(''));
        const database = await AuditDatabase.open({
          memoryMb: 256,
          threads: 1,
          folder,
          folderMb: 50,
        });
        try {
          const { columns, time } = suite;
          const table = await database.load({ name: 'events', files: [file], columns, time });
          const { report } = await runAudit({
            ...{ suite, database, table, references: new Map(), data: 'events', earlier: [] },
            nowMs: () => 0,
          });
          for (const result of report.results) {
            const door = atTheDoor[`events/${result.id}`] ?? 0;
            expect([result.id, result.message, door]).toEqual([
              result.id,
              result.message,
              result.unexpectedCount,
            ]);
          }
        } finally {
          database.close();
        }
      }),
      { seed: 166, numRuns: 25, endOnFailure: true },
    );
  });

  it('finds something of each expectation, so that the two could differ', () => {
    const check = compileEventCheck([suite]);
    const events = fc.sample(event, { seed: 166, numRuns: 2000 }).map(eventOf);
    const found = new Set(events.flatMap((one) => check?.(one).warned ?? []));
    expect([...found].sort()).toEqual(suite.expectations.map(({ id }) => `events/${id}`).sort());
  });
});
