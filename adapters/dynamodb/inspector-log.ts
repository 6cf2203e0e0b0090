import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Fact, InspectionPage } from '../../core/events/inspection/fact.ts';
import { WriteBudget } from './write-budget.ts';

/** Where facts about events are written down, within a budget per process and not per event. */
export interface InspectorLog {
  /**
   * Notes facts and, where the budget has a write left, stores them. Resolves within WAIT_MS_MAX and
   * never rejects: nobody's event may wait or fail because of it.
   */
  note(notes: Iterable<Note>): Promise<void>;
}

/** Facts about events of one source. */
export interface Note {
  readonly sourceId: string;
  /** Made one by one, so that those that are left out cost nothing. */
  readonly facts: Iterable<Fact>;
  readonly eventCount: number;
}

export interface InspectorLogOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Tells the pages of two processes apart that are written in the same millisecond. */
  readonly processId: string;
  readonly nowMs: () => number;
  /** Hears of each write that failed; its pages are lost. */
  readonly onFailure: () => void;
  /** How long a note may wait; WAIT_MS_MAX where nothing is said. */
  readonly waitMsMax?: number;
}

/** The partition that lists the sources of whom there are pages. */
export const SOURCES_PARTITION = '(sources)';

/** Facts of one source in one page: at most 2 KB each, most of them a tenth, so that a page is 1 to 50 KB. */
const FACTS_PER_PAGE_MAX = 25;
/** Sources in one write: a batch write takes 25 items, and each source may need one to be listed. */
const SOURCES_PER_WRITE_MAX = 12;
/** How long an acknowledgement may wait for a page; the page goes on being written. */
const WAIT_MS_MAX = 100;
/** A table that failed is left alone for so long: its failure must not cost every request the wait. */
const PAUSE_MS = 30_000;
/** How long pages are kept. */
const KEPT_S = 86_400;
/** A source is listed anew this often, so that its entry outlives its pages. */
const LISTED_EVERY_MS = 3_600_000;
/** Within a second a write has failed; a page is not worth a second attempt. */
export const INSPECTOR_PATIENCE = { attemptsMax: 1, connectMsMax: 500, attemptMsMax: 1_000 };

interface Pending {
  readonly facts: Fact[];
  leftOutCount: number;
}

export function createInspectorLog(options: InspectorLogOptions): InspectorLog {
  const { client, table, processId, nowMs, onFailure } = options;
  const pending = new Map<string, Pending>();
  const listedAtMs = new Map<string, number>();
  const budget = new WriteBudget(nowMs);
  let sequence = 0;
  /** One write at a time: a slow table is waited for once and not by every request. */
  let isWriting = false;

  function takeItems(): Record<string, unknown>[] {
    const now = nowMs();
    const expiresAt = Math.floor(now / 1000) + KEPT_S;
    const items: Record<string, unknown>[] = [];
    for (const [source, { facts, leftOutCount }] of [...pending].slice(0, SOURCES_PER_WRITE_MAX)) {
      pending.delete(source);
      sequence += 1;
      const writtenAt = new Date(now).toISOString();
      const page: InspectionPage = { writtenAt, facts, leftOutCount };
      items.push({
        source,
        at: `${writtenAt}#${processId}#${sequence}`,
        page: JSON.stringify(page),
        expiresAt,
      });
      if (now - (listedAtMs.get(source) ?? 0) < LISTED_EVERY_MS) continue;
      listedAtMs.set(source, now);
      items.push({ source: SOURCES_PARTITION, at: source, expiresAt: expiresAt + KEPT_S });
    }
    return items;
  }

  async function write(): Promise<void> {
    try {
      const requests = takeItems().map((item) => ({ PutRequest: { Item: marshall(item) } }));
      const command = new BatchWriteItemCommand({ RequestItems: { [table]: requests } });
      const { UnprocessedItems } = await client.send(command);
      if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new Error('the table throttles');
    } catch {
      onFailure();
      budget.pause(PAUSE_MS);
      // What could not be listed is listed again.
      listedAtMs.clear();
    }
  }

  return {
    async note(notes) {
      try {
        for (const each of notes) addTo(pending, each);
      } catch {
        onFailure();
      }
      if (pending.size === 0 || isWriting || !budget.take()) return;
      isWriting = true;
      const writing = write().finally(() => {
        isWriting = false;
      });
      await atMost(options.waitMsMax ?? WAIT_MS_MAX, writing);
    },
  };
}

function addTo(pending: Map<string, Pending>, { sourceId, facts, eventCount }: Note): void {
  if (eventCount === 0) return;
  const page = pending.get(sourceId) ?? { facts: [], leftOutCount: 0 };
  const before = page.facts.length;
  if (before < FACTS_PER_PAGE_MAX) {
    for (const fact of facts) {
      page.facts.push(fact);
      if (page.facts.length === FACTS_PER_PAGE_MAX) break;
    }
  }
  page.leftOutCount += eventCount - (page.facts.length - before);
  pending.set(sourceId, page);
}

async function atMost(durationMs: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
