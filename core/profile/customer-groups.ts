import { connectedGroups } from '../identity/connected-groups.ts';
import type { DeliveredEvent } from './fold-deliveries.ts';
import { MERGE_HOPS_MAX, type StoredView } from './profile-store.ts';

/**
 * Splits a batch into groups that touch no common identity and no common profile, so that groups can
 * be folded in parallel and each in order. Only speed depends on it: groups that do meet in the store
 * are kept apart by the profiles' versions.
 */
export function customerGroups(
  view: StoredView,
  deliveries: readonly DeliveredEvent[],
): DeliveredEvent[][] {
  return connectedGroups(deliveries, (delivered) =>
    refsOf(delivered).flatMap((ref) => [ref, ...profileIdsOf(view, ref)]),
  );
}

/** Every identity that an event can change something of. */
export function refsOf({ refs, formerRef }: DeliveredEvent): readonly string[] {
  return formerRef === undefined ? refs : [...refs, formerRef];
}

/** The profile behind an identity, and those that it was merged into. */
function profileIdsOf(view: StoredView, ref: string): string[] {
  const ids: string[] = [];
  let id = view.links.get(ref);
  while (id !== undefined && ids.length <= MERGE_HOPS_MAX) {
    ids.push(id);
    const stored = view.profiles.get(id);
    id = stored?.kind === 'merged' ? stored.mergedInto : undefined;
  }
  return ids;
}
