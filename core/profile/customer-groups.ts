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
  return connectedGroups(deliveries, (delivered) => {
    const keys: string[] = [];
    for (const ref of refsOf(delivered)) {
      keys.push(ref);
      addProfileIds(keys, view, ref);
    }
    return keys;
  });
}

/** Every identity that an event can change something of. */
export function refsOf({ refs, formerRef }: DeliveredEvent): readonly string[] {
  return formerRef === undefined ? refs : [...refs, formerRef];
}

/** Adds the profile behind an identity, and those that it was merged into. */
function addProfileIds(keys: string[], view: StoredView, ref: string): void {
  let id = view.links.get(ref);
  for (let hop = 0; id !== undefined && hop <= MERGE_HOPS_MAX; hop += 1) {
    keys.push(id);
    const stored = view.profiles.get(id);
    id = stored?.kind === 'merged' ? stored.mergedInto : undefined;
  }
}
