import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { CART_DUE_ATTRIBUTE } from '../../core/profile/cart-due.ts';
import {
  type ColdProfile,
  type HotProfile,
  splitProfile,
  unstoredCold,
} from '../../core/profile/hot-cold.ts';
import { PROFILE_SCHEMA_VERSION, profileTombstone } from '../../core/profile/profile.ts';
import type { StoredProfile } from '../../core/profile/profile-store.ts';
import { migratedFromV1, profileV1 } from '../../core/profile/profile-v1.ts';
import {
  decodeCold,
  decodeHot,
  encodeCold,
  MalformedProfileError,
} from '../../core/profile/stored-profile.ts';
import type { StoredItem } from './batch-read.ts';

/**
 * A profile's two items lie in one table, hot under the profile's id and cold under this and the id. No id
 * begins so (see foundedProfileId), and whoever scans the table tells them apart by it.
 */
const COLD_PREFIX = 'cold#';

export function coldKeyOf(profileId: string): string {
  return COLD_PREFIX + profileId;
}

export function isColdKey(key: string): boolean {
  return key.startsWith(COLD_PREFIX);
}

export function hotItem(
  { profileId, version, cartDue }: Pick<HotProfile, 'profileId' | 'version' | 'cartDue'>,
  hotText: string,
): StoredItem {
  const due = cartDue === undefined ? {} : { [CART_DUE_ATTRIBUTE]: { S: cartDue } };
  return itemOf(profileId, version, { hot: { S: hotText }, ...due });
}

/** `version` is the one that hot is written with beside it. */
export function coldItem(profileId: string, version: number, cold: ColdProfile): StoredItem {
  return itemOf(coldKeyOf(profileId), version, { cold: { S: encodeCold(cold) } });
}

/** Reads a hot item's text; see decodeHot. */
export type ReadHot = (profileId: string, version: number, text: string) => HotProfile;

/** What the items of one profile are; what this code doesn't know is left as it is. */
export function storedProfileOf(
  hotItem: StoredItem,
  coldItem: StoredItem | undefined,
  readHot: ReadHot = decodeHot,
): StoredProfile {
  try {
    if (hotItem.schemaVersion?.N !== CURRENT_VERSION) return otherFormOf(hotItem);
    const profileId = hotItem.profileId?.S ?? '';
    const known = readHot(profileId, Number(hotItem.version?.N), hotItem.hot?.S ?? '');
    const cartDue = hotItem[CART_DUE_ATTRIBUTE]?.S;
    const hot = known.cartDue === cartDue ? known : { ...known, cartDue };
    return { kind: 'profile', hot, cold: coldOf(hot, coldItem), isOutdated: false };
  } catch (error) {
    if (!(error instanceof MalformedProfileError)) throw error;
    return { kind: 'unreadable', cause: `not in the form of a profile: ${error.message}` };
  }
}

const CURRENT_VERSION = String(PROFILE_SCHEMA_VERSION);

/** Cold as hot left it; undefined where another moment's was read, or none. */
function coldOf(hot: HotProfile, stored: StoredItem | undefined): ColdProfile | undefined {
  if (hot.coldVersion === 0) return unstoredCold(hot.profileId);
  if (stored === undefined || Number(stored.version?.N) !== hot.coldVersion) return undefined;
  if (stored.schemaVersion?.N !== CURRENT_VERSION) {
    throw new MalformedProfileError('schemaVersion of the cold item');
  }
  return decodeCold(stored.cold?.S ?? '');
}

function otherFormOf(stored: StoredItem): StoredProfile {
  const document = unmarshall(stored);
  const tombstone = profileTombstone.safeParse(document);
  if (tombstone.success) return { kind: 'merged', ...tombstone.data };
  const first = profileV1.safeParse(document);
  if (first.success) {
    return { kind: 'profile', ...splitProfile(migratedFromV1(first.data)), isOutdated: true };
  }
  if (document.schemaVersion !== 1) {
    const cause = `schemaVersion is ${String(document.schemaVersion)}, this code knows 1 to ${PROFILE_SCHEMA_VERSION}: deploy the version that wrote it, or migrate the profile`;
    return { kind: 'unreadable', cause };
  }
  const fields = [...new Set(first.error.issues.map(({ path }) => path[0] ?? 'profile'))];
  return { kind: 'unreadable', cause: `not in the form of a profile: ${fields.join(', ')}` };
}

function itemOf(
  key: string,
  version: number,
  state: Readonly<Record<string, AttributeValue>>,
): StoredItem {
  return {
    profileId: { S: key },
    version: { N: String(version) },
    schemaVersion: { N: CURRENT_VERSION },
    ...state,
  };
}
