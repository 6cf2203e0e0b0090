import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deleteClaims } from '../../adapters/dynamodb/person-store.ts';
import { noteChange, noteMessageIds, type PrivacyStore } from '../../adapters/s3/search-store.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { inspectedMessageId } from '../../core/events/inspection/make-fact.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import { type AreaCounts, noCounts } from '../../core/privacy/counts.ts';
import { orderClaimOf } from '../../core/profile/orders.ts';
import type { SearchSink } from './search-ports.ts';

export interface ErasureSinkOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly dedupeTable: string;
  readonly store: PrivacyStore;
  readonly erasureId: string;
  readonly pass: number;
  readonly nowMs: () => number;
}

/** The inspector keeps a day; an hour more for pages that were written late. */
const INSPECTED_MS_MAX = 25 * 60 * 60 * 1000;
/** Hex digits that name the place at which ids were found. */
const NAME_DIGITS = 32;

/**
 * What hangs on events and can't be found without them: the claims of their orders, and the ids under which the
 * inspector knows them and calls that were refused.
 */
export function createErasureSink(options: ErasureSinkOptions): SearchSink {
  const { dynamoDb, dedupeTable, store, erasureId, pass, nowMs } = options;
  let takenCount = 0;
  const note = (what: string, area: string, counts: Partial<AreaCounts>) =>
    noteChange(store, erasureId, `pass-${pass}`, what, {
      area,
      counts: { ...noCounts, ...counts },
    });

  async function noteIds(key: string, records: readonly unknown[]): Promise<void> {
    const ids = records.flatMap((record) => inspectedIds(record, nowMs() - INSPECTED_MS_MAX));
    if (ids.length === 0) return;
    takenCount += 1;
    const name = createHash('sha256').update(`${key} ${takenCount}`).digest('hex');
    await noteMessageIds(store, erasureId, name.slice(0, NAME_DIGITS), ids);
  }

  return {
    async take(area, key, records) {
      await noteIds(key, records);
      if (area !== 'raw') return;
      const events = records.flatMap(eventOf);
      const claims = events.map(orderClaimOf).filter((claim) => claim !== undefined);
      await deleteClaims(dynamoDb, dedupeTable, [...new Set(claims)], (claim) =>
        note(claim, 'order claims', { deleted: 1 }),
      );
    },
    changing: (area, key, { deleted, rewritten, records }) =>
      note(`${area} ${key}`, area, { deleted, rewritten, records }),
    flush: async () => 0,
  };
}

function eventOf(record: unknown): CollectedEvent[] {
  const event = readStoredEvent(record);
  return event.success ? [event.data] : [];
}

/** The id of an event, or of the call in a document of the quarantine, that was received since then. */
function inspectedIds(record: unknown, sinceMs: number): string[] {
  if (!isJsonObject(record)) return [];
  const said = isJsonObject(record.event) ? record.event : record;
  const { messageId } = said;
  const { receivedAt } = record;
  if (typeof messageId !== 'string') return [];
  const isOld = typeof receivedAt === 'string' && Date.parse(receivedAt) < sinceMs;
  const id = inspectedMessageId(messageId);
  return isOld || id === undefined ? [] : [id];
}
