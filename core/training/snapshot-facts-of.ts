import type { Item } from '../catalogue/item.ts';
import { interactionKinds } from '../profile/profile.ts';
import type { SnapshotFacts } from '../quality/snapshot-facts.ts';
import { type Interactions, timeRange } from './interactions.ts';
import type { BuiltSnapshot } from './snapshot-builder.ts';
import type { DayFacts } from './snapshot-days.ts';

/** What the rows of all days have made. */
export interface MadeOfDays {
  readonly interactions: Interactions;
  readonly figures: {
    readonly newestReceivedMs: number | undefined;
    readonly dropped: Omit<SnapshotFacts['dropped'], 'malformedLine' | 'unreadableFile'>;
  };
}

export interface SnapshotSurroundings {
  /** The dictionary, sorted by id. */
  readonly items: readonly Item[];
  readonly malformedItems: number;
  readonly days: readonly DayFacts[];
  readonly createdAt: Date;
}

/** The snapshot, with what is known of it. */
export function snapshotOf(
  { interactions, figures }: MadeOfDays,
  { items, malformedItems, days, createdAt }: SnapshotSurroundings,
): BuiltSnapshot {
  const total = (of: keyof DayFacts) => days.reduce((sum, day) => sum + day[of], 0);
  const { newestReceivedMs } = figures;
  return {
    interactions,
    items,
    facts: {
      createdAt: createdAt.toISOString(),
      files: total('files'),
      lines: total('lines'),
      ...columnFacts(interactions),
      items: items.length,
      malformedItems,
      dropped: {
        ...figures.dropped,
        malformedLine: total('malformedLines'),
        unreadableFile: total('unreadableFiles'),
      },
      ...(newestReceivedMs !== undefined && {
        newestReceived: new Date(newestReceivedMs).toISOString(),
      }),
    },
  };
}

/** What the columns themselves tell. */
export function columnFacts(interactions: Interactions) {
  const range = timeRange(interactions);
  const counts = new Uint32Array(interactionKinds.length);
  for (const kind of interactions.kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  const [view = 0, cart = 0, uncart = 0, purchase = 0] = counts;
  return {
    customers: interactions.customerCount,
    itemsWithInteractions: new Set(interactions.items).size,
    interactions: { view, cart, uncart, purchase },
    ...(range && { oldest: isoTime(range.oldestS), newest: isoTime(range.newestS) }),
  };
}

function isoTime(timeS: number): string {
  return new Date(timeS * 1000).toISOString();
}
