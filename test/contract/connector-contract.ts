import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Connector,
  type Cursor,
  type PulledPage,
  SourceRefusedError,
  SourceUnavailableError,
} from '../../adapters/sources/connector.ts';

/** A record of the system that a connector reads: a customer with a name. */
export interface ContractRecord {
  readonly id: number;
  readonly changedAtMs: number;
  readonly name: string;
}

interface ContractCall {
  readonly userId: string;
  readonly timestamp: string;
  readonly messageId: string;
}

/** A system under the suite, and connectors of it with `contractMapping`. */
export interface ConnectorHarness {
  start(): Promise<void>;
  stop(): Promise<void>;
  clear(): Promise<void>;
  /** Adds records, or replaces those of the same ids. */
  put(records: readonly ContractRecord[]): Promise<void>;
  connect(): Promise<Connector> | Connector;
}

/** The mapping of the columns or fields `id`, `name` and `changed_at`. */
export const contractMapping = {
  call: { type: 'identify' },
  id: 'id',
  version: ['changed_at'],
  fields: [
    { from: 'id', to: 'userId', as: 'text' },
    { from: 'name', to: 'traits.name' },
    { from: 'changed_at', to: 'timestamp' },
  ],
} as const;

/** In the past, whatever the clock of the machine says. */
const START_MS = Date.UTC(2026, 0, 31, 10);
/** Nothing in the tests is dated beyond what they take for now. */
const DAY_MS = 86_400_000;
const PAGE = 3;
/** More pages than any source here has: a connector that needs them goes round in circles. */
const PAGES_MAX = 30;

const customers = (count: number, changedAtMs: (index: number) => number): ContractRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    changedAtMs: changedAtMs(index),
    name: `customer ${index + 1}`,
  }));

const context = (overlapMs = 60_000, signal = new AbortController().signal) => ({
  nowMs: START_MS + DAY_MS,
  recordsMax: PAGE,
  overlapMs,
  signal,
});

/** Through the store and back, as the runner keeps it. */
const stored = (cursor: Cursor): Cursor => JSON.parse(JSON.stringify(cursor));

/** What any connector does, whatever it reads. */
export function describeConnector(name: string, harness: ConnectorHarness): void {
  describe(`the connector of ${name}`, () => {
    beforeAll(() => harness.start());
    afterAll(() => harness.stop());
    beforeEach(() => harness.clear());

    /** A run from the cursor to the end, each page by a connector that knows nothing of the one before. */
    async function run(cursor?: Cursor, overlapMs?: number) {
      const pages: PulledPage[] = [];
      let next = cursor;
      for (;;) {
        const connector = await harness.connect();
        const page = await connector.read(next, context(overlapMs));
        await connector.close?.();
        pages.push(page);
        next = stored(page.next);
        if (page.isEnd) break;
        if (pages.length > PAGES_MAX) throw new Error('the run does not come to its end');
      }
      const calls = pages.flatMap((page) => page.calls as ContractCall[]);
      return { pages, calls, ids: calls.map(({ userId }) => Number(userId)), cursor: next };
    }
    const everySecond = (index: number) => START_MS + index * 1_000;

    it('pages through everything once, and goes on from its cursor after each restart', async () => {
      await harness.put(customers(8, everySecond));
      const { pages, ids } = await run();
      expect(ids.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(pages.length).toBeGreaterThan(2);
      for (const page of pages) expect(page.recordCount).toBeLessThanOrEqual(PAGE);
    });

    it('goes on with the same connection as with a new one', async () => {
      await harness.put(customers(8, everySecond));
      const connector = await harness.connect();
      const first = await connector.read(undefined, context());
      const second = await connector.read(first.next, context());
      await connector.close?.();
      const another = await harness.connect();
      const again = await another.read(stored(first.next), context());
      await another.close?.();
      expect(again).toEqual(second);
    });

    it('gives plain JSON, each call with its type, its time and an id that stays', async () => {
      await harness.put(customers(2, everySecond));
      const { calls } = await run();
      expect(JSON.parse(JSON.stringify(calls))).toEqual(calls);
      expect(calls).toMatchObject([
        { type: 'identify', userId: '1', traits: { name: 'customer 1' } },
        { type: 'identify', userId: '2', traits: { name: 'customer 2' } },
      ]);
      for (const call of calls) {
        expect(Date.parse(call.timestamp)).toBeGreaterThanOrEqual(START_MS);
        expect(call.timestamp).toMatch(/Z$/);
        expect(call.messageId).toMatch(/^.{1,99}$/);
      }
      expect((await run()).calls).toEqual(calls);
    });

    it('returns what changed since, each change as another event', async () => {
      await harness.put(customers(4, everySecond));
      const before = await run();
      await harness.put([
        { id: 2, changedAtMs: START_MS + 10_000, name: 'changed' },
        { id: 9, changedAtMs: START_MS + 11_000, name: 'new' },
      ]);
      const after = await run(before.cursor, 1_000);
      expect(after.ids).toEqual(expect.arrayContaining([2, 9]));
      expect(after.ids).not.toContain(1);
      const known = new Set(before.calls.map(({ messageId }) => messageId));
      const fresh = after.calls.filter(({ messageId }) => !known.has(messageId));
      expect(fresh.map(({ userId }) => Number(userId)).toSorted()).toEqual([2, 9]);
    });

    it('neither skips records of one moment nor repeats them for ever', async () => {
      await harness.put(customers(12, () => START_MS));
      const { ids, cursor } = await run();
      expect(ids.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      await harness.put([{ id: 13, changedAtMs: START_MS, name: 'late' }]);
      const second = await run(cursor);
      expect(second.ids).toContain(13);
      expect(second.ids.length).toBe(new Set(second.ids).size);
    });

    it('finds in the overlap what was committed late, and nothing older than it', async () => {
      await harness.put(customers(4, (index) => START_MS + index * 100_000));
      const { cursor } = await run();
      const late = { id: 9, changedAtMs: START_MS + 290_000, name: 'late' };
      await harness.put([late]);
      const { ids } = await run(cursor, 60_000);
      expect(ids).toContain(9);
      expect(ids).not.toContain(3);
    });

    it('comes to an end at once where there is nothing, and finds what comes later', async () => {
      const empty = await run();
      expect(empty.pages).toMatchObject([{ calls: [], recordCount: 0, isEnd: true }]);
      await harness.put(customers(1, everySecond));
      const first = await run(empty.cursor);
      expect(first.ids).toEqual([1]);
      await harness.clear();
      const none = await run(first.cursor);
      await harness.put([{ id: 2, changedAtMs: START_MS + 5_000, name: 'second' }]);
      expect((await run(none.cursor)).ids).toContain(2);
    });

    it('gives up when its run is over', async () => {
      await harness.put(customers(1, everySecond));
      const connector = await harness.connect();
      await expect(
        connector.read(undefined, context(0, AbortSignal.abort())),
      ).rejects.toBeInstanceOf(SourceUnavailableError);
      await connector.close?.();
    });

    it.each<[what: string, cursor: Cursor]>([
      ['nothing', {}],
      ['another connector', { v: 99, page: 'x' }],
      ['an attacker', { v: 1, of: "'; DROP TABLE customers; --", until: "' OR 1=1", page: 5 }],
    ])('refuses a cursor of %s, and says the remedy', async (_, cursor) => {
      const connector = await harness.connect();
      const refused = connector.read(cursor, context());
      await expect(refused).rejects.toBeInstanceOf(SourceRefusedError);
      await expect(refused).rejects.toThrow(/kindred pull reset/);
      await connector.close?.();
    });
  });
}
