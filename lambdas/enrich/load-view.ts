import { foundedProfileId } from '../../core/identity/profile-id.ts';
import { refsOf } from '../../core/profile/customer-groups.ts';
import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import {
  MERGE_HOPS_MAX,
  type ProfileStore,
  type StoredProfile,
  type StoredView,
} from '../../core/profile/profile-store.ts';

const none: ReadonlySet<string> = new Set();

/**
 * Reads what the events' identities lead to: one batch of links, one of profiles, and one more per
 * tombstone on the way. A new customer's profile id is read too, in case only its link was lost. Cold items
 * are read of the profiles that an event may join, and of those in `coldIds`.
 */
export async function loadView(
  store: ProfileStore,
  deliveries: readonly DeliveredEvent[],
  coldIds: ReadonlySet<string> = none,
): Promise<StoredView> {
  const { links, erased } = await store.readLinks(distinctRefs(deliveries));
  const joining = new Set(coldIds);
  const wantedIds = new Set(links.values());
  for (const delivered of deliveries) {
    const { refs, formerRef } = delivered;
    const [founder = ''] = refs;
    if (!links.has(founder)) wantedIds.add(foundedProfileId(founder));
    if (formerRef !== undefined && !links.has(formerRef)) {
      wantedIds.add(foundedProfileId(formerRef));
    }
    if (refs.length > 1 || formerRef !== undefined) addJoining(joining, links, delivered);
  }
  const profiles = new Map<string, StoredProfile>();
  let wanted = [...wantedIds];
  for (let hop = 0; hop <= MERGE_HOPS_MAX && wanted.length > 0; hop += 1) {
    const found = await store.readProfiles(
      wanted.map((profileId) => ({ profileId, withCold: joining.has(profileId) })),
    );
    const next = new Set<string>();
    for (const [id, stored] of found) {
      profiles.set(id, stored);
      if (stored.kind !== 'merged') continue;
      next.add(stored.mergedInto);
      if (joining.has(id)) joining.add(stored.mergedInto);
    }
    wanted = [...next].filter((id) => !profiles.has(id));
  }
  return { links, erased, profiles };
}

function distinctRefs(deliveries: readonly DeliveredEvent[]): string[] {
  const refs = new Set<string>();
  for (const delivered of deliveries) for (const ref of refsOf(delivered)) refs.add(ref);
  return [...refs];
}

/** Adds the profiles of an event's identities where these are not all one profile's already. */
function addJoining(
  joining: Set<string>,
  links: ReadonlyMap<string, string>,
  delivered: DeliveredEvent,
): void {
  const refs = refsOf(delivered);
  const strongest = links.get(refs[0] ?? '');
  if (refs.every((ref) => links.get(ref) === strongest)) return;
  for (const ref of refs) {
    const id = links.get(ref);
    if (id !== undefined) joining.add(id);
  }
}
