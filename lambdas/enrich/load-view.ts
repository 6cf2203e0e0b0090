import { foundedProfileId } from '../../core/identity/profile-id.ts';
import { refsOf } from '../../core/profile/customer-groups.ts';
import type { DeliveredEvent } from '../../core/profile/fold-deliveries.ts';
import {
  MERGE_HOPS_MAX,
  type ProfileStore,
  type StoredProfile,
  type StoredView,
} from '../../core/profile/profile-store.ts';

/**
 * Reads what the events' identities lead to: one batch of links, one of profiles, and one more per
 * tombstone on the way. A new customer's profile id is read too, in case only its link was lost.
 */
export async function loadView(
  store: ProfileStore,
  deliveries: readonly DeliveredEvent[],
): Promise<StoredView> {
  const { links, erased } = await store.readLinks([...new Set(deliveries.flatMap(refsOf))]);
  const founders = deliveries.flatMap(({ refs: [strongest = ''], formerRef }) =>
    formerRef === undefined ? [strongest] : [strongest, formerRef],
  );
  const founded = founders.filter((ref) => !links.has(ref)).map(foundedProfileId);
  const profiles = new Map<string, StoredProfile>();
  let wanted = [...new Set([...links.values(), ...founded])];
  for (let hop = 0; hop <= MERGE_HOPS_MAX && wanted.length > 0; hop += 1) {
    const found = await store.readProfiles(wanted);
    for (const [id, stored] of found) profiles.set(id, stored);
    const mergedInto = [...found.values()].flatMap((stored) =>
      stored.kind === 'merged' ? [stored.mergedInto] : [],
    );
    wanted = [...new Set(mergedInto)].filter((id) => !profiles.has(id));
  }
  return { links, erased, profiles };
}
