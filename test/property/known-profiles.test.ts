import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownProfiles } from '../../adapters/dynamodb/known-profiles.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { type HotProfile, splitProfile } from '../../core/profile/hot-cold.ts';
import { decodeHot, encodeHot } from '../../core/profile/stored-profile.ts';
import { profileEvent } from './profile-part-arbitrary.ts';

/** A hot item at some version: the same version can say different things, as where a customer was erased and came back. */
const hotProfile = fc
  .record({
    id: fc.constantFrom('u_1', 'a_2'),
    version: fc.integer({ min: 1, max: 3 }),
    events: fc.array(profileEvent, { maxLength: 4 }),
  })
  .map(({ id, version, events }): HotProfile => {
    const { hot, cold } = splitProfile(events.reduce(foldEvent, newProfile(id, 0)));
    return { ...hot, version, parts: cold.parts };
  });

describe('profiles known from before', () => {
  it('are what their stored text says, whatever was read or written before', () => {
    const step = fc.record({ hot: hotProfile, isWrite: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const known = new KnownProfiles();
        for (const { hot, isWrite } of steps) {
          const { profileId, version } = hot;
          const text = encodeHot(hot);
          if (isWrite) known.keep(hot, text);
          else
            expect(known.read(profileId, version, text)).toEqual(
              decodeHot(profileId, version, text),
            );
        }
      }),
    );
  });

  it('are not read again where the text is the same', () => {
    const known = new KnownProfiles();
    const { hot } = splitProfile(newProfile('u_1', 0));
    const first = known.read('u_1', 1, encodeHot(hot));
    expect(known.read('u_1', 1, encodeHot(hot))).toBe(first);
  });
});
