import type { HotProfile } from '../../core/profile/hot-cold.ts';
import { decodeHot } from '../../core/profile/stored-profile.ts';
import { RecentlyUsed } from './recently-used.ts';

/** Of each of two halves. A profile and its text are some 7 KB: 35 MB of a function's memory at most. */
const HALF_PROFILES_MAX = 2_500;

/**
 * Profiles as this process read or wrote them last, each beside its stored text. They are still read from the store
 * with every batch, and consistently; where the text is the same, it need not be understood again. A customer's
 * visit comes in many batches, and reading its profile is a large part of what each costs.
 */
export class KnownProfiles {
  readonly #known = new RecentlyUsed<{ readonly text: string; readonly hot: HotProfile }>(
    HALF_PROFILES_MAX,
  );

  /** As decodeHot. @throws MalformedProfileError where the text is not one of encodeHot. */
  read(profileId: string, version: number, text: string): HotProfile {
    const known = this.#known.get(profileId);
    if (known !== undefined && known.hot.version === version && known.text === text) {
      return known.hot;
    }
    const hot = decodeHot(profileId, version, text);
    this.#known.set(profileId, { text, hot });
    return hot;
  }

  /** A profile that is being written: `text` is its stored form. */
  keep(hot: HotProfile, text: string): void {
    this.#known.set(hot.profileId, { text, hot });
  }
}
