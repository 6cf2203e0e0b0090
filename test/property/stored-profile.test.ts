import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { chilled, joinedProfile, splitProfile } from '../../core/profile/hot-cold.ts';
import { mergeHotAndCold, mergeProfiles } from '../../core/profile/merge-profiles.ts';
import { profile as profileSchema } from '../../core/profile/profile.ts';
import { partNames, partsHearing, profileParts } from '../../core/profile/profile-parts.ts';
import { decodeCold, decodeHot, encodeCold, encodeHot } from '../../core/profile/stored-profile.ts';
import { eventBy } from './event-arbitrary.ts';
import { profileEvent } from './profile-part-arbitrary.ts';

const identities = [{ kind: 'userId' as const, key: 'k' }];
const event = fc.oneof(eventBy(fc.constant(identities)), profileEvent);
const events = fc.array(event, { maxLength: 30 });
const folded = (profileId: string) =>
  events.map((all) => ({
    ...all.reduce(foldEvent, newProfile(profileId, Date.UTC(2026, 0, 2))),
    identities: [`anonymousId#${profileId}`],
  }));

describe('the stored form of a profile', () => {
  it('gives back what went in, in the form of its schema', () => {
    fc.assert(
      fc.property(folded('u_k'), (profile) => {
        const { hot, cold } = splitProfile(profile);
        const hotAgain = decodeHot(hot.profileId, hot.version, encodeHot(hot));
        const again = joinedProfile(hotAgain, decodeCold(encodeCold(cold)));
        expect(again).toEqual(profile);
        expect(profileSchema.safeParse(again).error).toBeUndefined();
      }),
    );
  });

  it('gives the same customer wherever the events were when cold was written', () => {
    fc.assert(
      fc.property(events, fc.array(fc.boolean()), (all, flushes) => {
        const start = newProfile('u_k', Date.UTC(2026, 0, 2));
        let both = splitProfile(start);
        for (const [index, next] of all.entries()) {
          const one = splitProfile(foldEvent({ ...start, profileId: 'a_other' }, next));
          // Of an event's state folded in by a merge: its parts arrive in hot or in cold.
          const isCold = flushes[index % Math.max(1, flushes.length)] ?? false;
          const added = isCold
            ? one
            : { hot: { ...one.hot, parts: one.cold.parts }, cold: { ...one.cold, parts: {} } };
          both = mergeHotAndCold(both, added);
          if (isCold) both = chilled(both.hot, both.cold);
        }
        expect(joinedProfile(both.hot, both.cold)).toEqual(all.reduce(foldEvent, start));
      }),
    );
  });

  it('merges to what the profiles themselves merge to', () => {
    fc.assert(
      fc.property(folded('a_1'), folded('u_2'), (a, b) => {
        const merged = mergeHotAndCold(splitProfile(a), splitProfile(b));
        expect(joinedProfile(merged.hot, merged.cold)).toEqual(mergeProfiles(a, b));
      }),
    );
  });
});

describe('the parts of a profile', () => {
  it('are asked by every event that says something of them', () => {
    fc.assert(
      fc.property(event, (each) => {
        const heard = partsHearing(each);
        for (const name of partNames) {
          const said = profileParts[name].stateOf(each);
          if (!heard.includes(name)) expect(JSON.stringify(said) ?? '').toMatch(NOTHING);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('have codes of their own', () => {
    const codes = partNames.map((name) => profileParts[name].code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

/** No state, an empty one, or one of nothing but zeros. */
const NOTHING = /^[^1-9]*$/;
