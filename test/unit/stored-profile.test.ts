import { readFileSync } from 'node:fs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { coldItem, hotItem, storedProfileOf } from '../../adapters/dynamodb/profile-item.ts';
import { storedProfiles } from '../../adapters/dynamodb/profile-store.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { laneOf } from '../../core/profile/evidence.ts';
import { foldDeliveries } from '../../core/profile/fold-deliveries.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { joinedProfile, splitProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { StoredProfile } from '../../core/profile/profile-store.ts';
import { decodeHot, encodeHot } from '../../core/profile/stored-profile.ts';
import { trackEvent } from './event-maker.ts';

const identify = trackEvent('', {
  type: 'identify',
  traits: { plan: 'gold', sizes: [38, 39], name: 'Zoë "Z"' },
});
const ada: Profile = {
  ...foldEvent(newProfile('u_ada', Date.UTC(2026, 0, 2)), identify),
  identities: ['anonymousId#phone', 'userId#ada'],
  version: 3,
};

/** Both items of a profile as version 3 wrote them. */
function itemsOf(profile: Profile): { hot: StoredItem; cold: StoredItem } {
  const { hot, cold } = splitProfile(profile);
  const { profileId, version } = profile;
  return {
    hot: hotItem(profile, encodeHot({ ...hot, coldVersion: version })),
    cold: coldItem(profileId, version, cold),
  };
}

function joined(stored: StoredProfile | undefined): Profile {
  if (stored?.kind !== 'profile' || stored.cold === undefined) throw new Error('not whole');
  return joinedProfile(stored.hot, stored.cold);
}

describe('the two items of a profile', () => {
  it('are read back as they were written, among other items', () => {
    const { hot, cold } = itemsOf(ada);
    const other = itemsOf({ ...ada, profileId: 'u_other' });
    const found = storedProfiles([other.cold, cold, hot, other.hot]);
    expect([...found.keys()].sort()).toEqual(['u_ada', 'u_other']);
    expect(joined(found.get('u_ada'))).toEqual(ada);
  });

  it('of different moments are noticed: cold counts as not read', () => {
    const { hot } = itemsOf(ada);
    const { cold: later } = itemsOf({ ...ada, version: 4 });
    expect(storedProfileOf(hot, later)).toMatchObject({ kind: 'profile', cold: undefined });
    expect(storedProfileOf(hot, undefined)).toMatchObject({ kind: 'profile', cold: undefined });
  });

  it('are read where affinities were stored by label', () => {
    const viewed = trackEvent('Product Viewed', {
      properties: { product_id: 'mug', category: 'Kitchen', brand: 'Potters' },
    });
    const { hot, cold } = splitProfile({ ...foldEvent(ada, viewed), version: 3 });
    const [[label = '', sums = []] = []] = cold.parts.affinities?.c ?? [];
    const earlier = { c: { [label]: sums }, b: { Potters: sums, Mugs: sums } };
    const text = encodeHot({ ...hot, parts: {} }).replace(
      '"s":{}',
      `"s":{"a":${JSON.stringify(earlier)}}`,
    );
    const read = decodeHot('u_ada', 3, text).parts.affinities;
    expect(read).toEqual({
      c: [['Kitchen', sums]],
      b: [
        ['Mugs', sums],
        ['Potters', sums],
      ],
    });
  });

  it('are refused, with the remedy, when a later version wrote them', () => {
    const { hot } = itemsOf(ada);
    const stored = storedProfileOf({ ...hot, schemaVersion: { N: '3' } }, undefined);
    expect(stored).toEqual({
      kind: 'unreadable',
      cause: expect.stringMatching(/schemaVersion is 3.*deploy/),
    });
  });

  it.each([
    ['counts', 'n', ['many', 1, 2]],
    ['lanes', 'l', { lane: 7 }],
    ['messages', 'm', 'not marks'],
    ['former identities', 'f', [1]],
    ['interactions', 's', { r: ['x.mug'] }],
    ['a part of a later version', 's', { zz: 1 }],
  ])('are refused when damaged, naming the field: %s', (_, field, value) => {
    const { hot } = itemsOf(ada);
    const document = { ...JSON.parse(hot.hot?.S ?? ''), [field]: value };
    const stored = storedProfileOf({ ...hot, hot: { S: JSON.stringify(document) } }, undefined);
    expect(stored).toMatchObject({
      kind: 'unreadable',
      cause: expect.stringMatching(new RegExp(`profile: ${field}`)),
    });
  });
});

function sample(name: string): StoredItem {
  return JSON.parse(readFileSync(`test/fixtures/profiles-v1/${name}.json`, 'utf8'));
}

describe('a profile that the first version of the code stored', () => {
  it.each(['one-visit', 'many-events'])('is the same customer when it is read: %s', (name) => {
    const item = sample(name);
    const { evidence: _, schemaVersion: __, ...known } = unmarshall(item);
    const { evidence, schemaVersion, ...found } = joined(storedProfileOf(item, undefined));
    expect(found).toEqual(known);
    expect(schemaVersion).toBe(2);
    expect(Object.keys(evidence.lanes)).not.toHaveLength(0);
  });

  it('still knows its latest messages, and how far its lanes came', () => {
    const stored = storedProfileOf(sample('many-events'), undefined);
    const user = 'userId#tHCzc-xqLjBC7FRNyb-AqQ';
    const again = (messageNumber: number, sequenceNumber: string) => {
      const event: CollectedEvent = trackEvent('Any', { messageId: `sample-${messageNumber}` });
      const lane = laneOf(user, user);
      const { messageId } = event;
      const delivery = { lane, sequenceNumber, messageId, arrivedAtMs: 1.8e12 };
      const links = new Map([[user, stored.kind === 'profile' ? stored.hot.profileId : '']]);
      const view = {
        links,
        erased: new Map(),
        profiles: new Map([[links.get(user) ?? '', stored]]),
      };
      const chunk = foldDeliveries(view, [{ event, refs: [user], delivery }], new Set());
      return 'outcomes' in chunk ? chunk.outcomes : chunk;
    };
    const later = `49${'9'.repeat(54)}`;
    expect(again(190, later)).toEqual(['duplicate']);
    expect(again(1_000, `49${'0'.repeat(54)}`)).toEqual(['redelivered']);
    expect(again(1_000, later)).toEqual(['folded']);
  });

  it('is written as two items with the next event', () => {
    const item = sample('many-events');
    const stored = storedProfileOf(item, undefined);
    const profileId = item.profileId?.S ?? '';
    const user = 'userId#eVn3fcCyw6JAJKJgGlv3dg';
    const view = {
      links: new Map([[user, profileId]]),
      erased: new Map(),
      profiles: new Map([[profileId, stored]]),
    };
    const delivery = {
      lane: 'new',
      sequenceNumber: '1',
      messageId: 'new',
      arrivedAtMs: Date.UTC(2026, 11, 1),
    };
    const event = trackEvent('Any', { messageId: 'new' });
    const chunk = foldDeliveries(view, [{ event, refs: [user], delivery }], new Set());
    const [put] = 'write' in chunk ? (chunk.write?.profiles ?? []) : [];
    const version = Number(item.version?.N);
    expect(put).toMatchObject({
      expectedVersion: version,
      hot: { version: version + 1, coldVersion: version + 1, parts: {} },
    });
    expect(put?.cold?.parts.recent).toHaveLength(128);
  });

  it('and was merged leads on', () => {
    expect(storedProfileOf(sample('merged'), undefined)).toMatchObject({
      kind: 'merged',
      mergedInto: 'u_tHCzc-xqLjBC7FRNyb-AqQ',
    });
  });
});
