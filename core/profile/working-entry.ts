import { withSaid } from './fold-event.ts';
import { type ColdProfile, type HotProfile, isUnstored } from './hot-cold.ts';
import type { SomeParts } from './profile-parts.ts';

/** Hot as it is worked on: nobody else has it, nor its evidence. */
export type Draft = { -readonly [Field in keyof HotProfile]: HotProfile[Field] };

/** A profile being worked on. */
export interface Entry {
  /** Without what is in `said`. */
  hot: HotProfile;
  /** The same as hot, once it changes. */
  draft: Draft | undefined;
  /**
   * What the events said. It goes into hot at the end: a row of one customer's events is a small state, and what
   * hot knows, which is larger, is gone through once.
   */
  said: SomeParts;
  /** Undefined: stored and not read. */
  cold: ColdProfile | undefined;
  /** Undefined: not stored yet. */
  readonly storedVersion: number | undefined;
  isChanged: boolean;
  isColdChanged: boolean;
}

/** Hot with what its events said. */
export function heard({ hot, said }: Entry): HotProfile {
  return { ...hot, parts: withSaid(hot.parts, said) };
}

/** Whether cold has to be written: it changed, or there is none yet and something to say in one. */
export function isColdDue({ hot, cold, isColdChanged }: Entry): boolean {
  if (!isColdChanged || cold === undefined) return false;
  return hot.coldVersion > 0 || !isUnstored(hot.profileId, cold);
}
