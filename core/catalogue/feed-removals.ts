/** What a full feed takes away from what its source had. */
export interface FeedRemovals {
  /** Items that are no longer sold. */
  readonly removed: readonly string[];
  /** Why none were taken away although some are missing. */
  readonly heldBack?: HeldBack;
  /** The source's items from now on. */
  readonly known: readonly string[];
}

export interface HeldBack {
  readonly reason: string;
  /** Items that the feed lacks, of those that the source had. */
  readonly missing: number;
  readonly known: number;
}

/** In a catalogue of a dozen items a fifth is two: so few may always go, but never all. */
const REMOVED_ALWAYS_MAX = 5;

/** What the source had: the items of the last full feed, and when that was dropped. */
export interface KnownFeed {
  readonly droppedAtMs: number;
  readonly itemIds: readonly string[];
}

/** What was read of a full feed, to its end. */
export interface ReadFeed {
  readonly droppedAtMs: number;
  readonly itemIds: ReadonlySet<string>;
  /** Rows of which nobody can tell whose they are. */
  readonly unnamedRows: number;
}

/**
 * Which items a full feed takes away. A feed that lacks too many, or in which rows can't be told apart, takes
 * none: an export that broke off looks the same. What it lacks stays known, so that the next one is
 * compared with it again.
 */
export function removalsOf(
  before: KnownFeed | undefined,
  feed: ReadFeed,
  shareMax: number,
): FeedRemovals {
  const known = before?.itemIds ?? [];
  const missing = known.filter((itemId) => !feed.itemIds.has(itemId));
  const reason = missing.length === 0 ? undefined : reasonToHold(before, feed, missing, shareMax);
  if (reason === undefined) return { removed: missing, known: [...feed.itemIds] };
  return {
    removed: [],
    heldBack: { reason, missing: missing.length, known: known.length },
    known: [...feed.itemIds, ...missing],
  };
}

function reasonToHold(
  before: KnownFeed | undefined,
  { droppedAtMs, itemIds, unnamedRows }: ReadFeed,
  missing: readonly string[],
  shareMax: number,
): string | undefined {
  if (before !== undefined && droppedAtMs < before.droppedAtMs) {
    return 'A newer full feed came before this one.';
  }
  if (itemIds.size === 0) return 'The feed has no item.';
  if (unnamedRows > 0) {
    return `${unnamedRows} of its rows can't be read, and one of them may be a missing item: repair them and drop the feed again.`;
  }
  const isFew = missing.length <= REMOVED_ALWAYS_MAX;
  const share = missing.length / (before?.itemIds.length ?? 1);
  if (isFew || share <= shareMax) return undefined;
  return `It lacks more than ${Math.round(shareMax * 100)} % of the items that its source had: drop a whole feed, or raise "removedShareMax" in the mapping's "items" and drop it again.`;
}
