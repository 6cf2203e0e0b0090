import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { coldItem, hotItem } from '../../adapters/dynamodb/profile-item.ts';
import { storedProfiles } from '../../adapters/dynamodb/profile-store.ts';
import { newProfile } from '../../core/profile/fold-event.ts';
import { splitProfile, wholeProfile } from '../../core/profile/hot-cold.ts';
import { encodeHot } from '../../core/profile/stored-profile.ts';
import type { CustomerSource } from '../../lambdas/api/customers.ts';
import { madeUpHistory, NOW_MS } from './made-up-model.ts';

const SECRET = 's'.repeat(64);

/**
 * Customers `0` … `count` − 1 as DynamoDB tells them: the text of its answer, which is read anew for every request, with
 * everything that is done with a stored profile but the network and the SDK.
 */
export function storedCustomers(count: number): CustomerSource {
  const texts = Array.from({ length: count }, (_, customer) =>
    JSON.stringify(storedItems(customer)),
  );
  return {
    secret: async () => SECRET,
    findProfileId: async (_refs, key) => (texts[Number(key)] === undefined ? undefined : key),
    readProfile: async (id) => {
      const stored = storedProfiles(JSON.parse(texts[Number(id)] ?? '[]')).get(id);
      return stored?.kind === 'profile' ? wholeProfile(stored) : undefined;
    },
  };
}

/** The two items of a customer's profile, as they lie in the table. */
export function storedItems(customer: number, itemCount?: number): readonly StoredItem[] {
  const recent = madeUpHistory(customer, itemCount);
  const { hot, cold } = splitProfile({ ...newProfile(`${customer}`, NOW_MS), version: 1, recent });
  // As it lies once it was written.
  const written = { ...hot, coldVersion: hot.version };
  return [hotItem(written, encodeHot(written)), coldItem(hot.profileId, hot.version, cold)];
}
