import type { ErasedIdentity } from '../identity/erased-identity.ts';
import type { ColdProfile, HotProfile } from './hot-cold.ts';
import type { ProfileTombstone } from './profile.ts';

/** What stands under a profile's id. */
export type StoredProfile =
  | {
      readonly kind: 'profile';
      readonly hot: HotProfile;
      /** Undefined: not read, or not of the same moment as hot. */
      readonly cold: ColdProfile | undefined;
      /** In an older form, from which both items have to be written anew. */
      readonly isOutdated: boolean;
    }
  | { readonly kind: 'merged'; readonly mergedInto: string; readonly version: number }
  /** Something that this version of the code must not overwrite, e.g. a later schema version. */
  | { readonly kind: 'unreadable'; readonly cause: string };

/** What stands under identities. */
export interface StoredLinks {
  /** Profile id by identity reference. */
  readonly links: ReadonlyMap<string, string>;
  /** By identity reference, of customers who were erased; one can have come back as a new one. */
  readonly erased: ReadonlyMap<string, ErasedIdentity>;
}

/** What was read from the store; what is not in it does not exist there. */
export interface StoredView extends StoredLinks {
  readonly profiles: ReadonlyMap<string, StoredProfile>;
}

/** A profile as it shall be, and the version that must be found in its place (undefined: nothing). */
export interface ProfilePut {
  readonly hot: HotProfile;
  /** The same as encodeHot writes it. */
  readonly hotText: string;
  /** Where it changes; the version of hot guards it too. */
  readonly cold: ColdProfile | undefined;
  readonly expectedVersion: number | undefined;
}

export interface TombstonePut {
  readonly tombstone: ProfileTombstone;
  readonly expectedVersion: number;
  /** Whether the merged profile has a cold item, which goes. */
  readonly hasCold: boolean;
}

/** A profile to be read; its cold item costs a read of its own, which most events don't need. */
export interface WantedProfile {
  readonly profileId: string;
  readonly withCold: boolean;
}

export interface IdentityLink {
  readonly identity: string;
  readonly profileId: string;
  /** What stood there of an erasure: it stays. */
  readonly erased?: ErasedIdentity;
}

/** What must never count twice, and until when a repeat is looked for (epoch seconds). */
export interface Claim {
  readonly key: string;
  readonly expiresAtS: number;
}

/** Everything that one group of events changes: all of it is written, or nothing. */
export interface ProfileWrite {
  readonly profiles: readonly ProfilePut[];
  readonly tombstones: readonly TombstonePut[];
  /** Must not exist yet; where the customer was erased, there must be that erasure and no profile. */
  readonly newLinks: readonly IdentityLink[];
  /** Of merged profiles; whoever else moves them writes the merged profile too, so its version guards them. */
  readonly movedLinks: readonly IdentityLink[];
  readonly claims: readonly Claim[];
}

export type WriteOutcome =
  | { readonly kind: 'written' }
  /** Somebody else wrote in between: read again. */
  | { readonly kind: 'conflict' }
  /** These claims were made before, by other events. */
  | { readonly kind: 'claimed'; readonly keys: readonly string[] };

/** Where profiles are kept. Reads are consistent; every method rejects when the store fails. */
export interface ProfileStore {
  readLinks(identityRefs: readonly string[]): Promise<StoredLinks>;
  readProfiles(wanted: readonly WantedProfile[]): Promise<ReadonlyMap<string, StoredProfile>>;
  write(write: ProfileWrite): Promise<WriteOutcome>;
}

/** A chain of merges longer than this is a fault of ours, not a customer. */
export const MERGE_HOPS_MAX = 8;
