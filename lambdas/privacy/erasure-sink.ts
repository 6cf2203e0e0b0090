import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deleteClaims } from '../../adapters/dynamodb/person-store.ts';
import { noteMessageIds, type PrivacyStore } from '../../adapters/s3/search-store.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { readStoredEvent } from '../../core/events/upcast.ts';
import { orderClaimOf } from '../../core/profile/orders.ts';
import type { SearchSink } from './search-ports.ts';

export interface ErasureSinkOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly dedupeTable: string;
  readonly store: PrivacyStore;
  readonly erasureId: string;
  /** Of a piece of work that goes on. */
  readonly claimCount: number;
  readonly nowMs: () => number;
}

/** The inspector keeps a day; an hour more for pages that were written late. */
const INSPECTED_MS_MAX = 25 * 60 * 60 * 1000;
/** Hex digits that name the place at which ids were found. */
const NAME_DIGITS = 32;

/**
 * What hangs on the events of the lake and can't be found without them: the claims of their orders, and the ids
 * under which the inspector knows them.
 */
export function createErasureSink(options: ErasureSinkOptions): SearchSink {
  const { dynamoDb, dedupeTable, store, erasureId, nowMs } = options;
  let { claimCount } = options;
  let takenCount = 0;
  return {
    async take(area, key, records) {
      if (area !== 'raw') return;
      const events = records.flatMap(eventOf);
      const claims = events.map(orderClaimOf).filter((claim) => claim !== undefined);
      claimCount += await deleteClaims(dynamoDb, dedupeTable, claims);
      const sinceMs = nowMs() - INSPECTED_MS_MAX;
      const recent = events.filter(({ receivedAt }) => Date.parse(receivedAt) >= sinceMs);
      if (recent.length === 0) return;
      takenCount += 1;
      const name = createHash('sha256').update(`${key} ${takenCount}`).digest('hex');
      const ids = recent.map(({ messageId }) => messageId);
      await noteMessageIds(store, erasureId, name.slice(0, NAME_DIGITS), ids);
    },
    flush: async () => ({ partCount: 0, claimCount }),
  };
}

function eventOf(record: unknown): CollectedEvent[] {
  const event = readStoredEvent(record);
  return event.success ? [event.data] : [];
}
