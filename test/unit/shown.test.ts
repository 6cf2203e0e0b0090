import { describe, expect, it } from 'vitest';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import {
  combineShown,
  hourOf,
  SEND_ITEMS_MAX,
  SENDS_MAX,
  type Shown,
  shownBefore,
} from '../../core/profile/shown.ts';
import { trackEvent } from './event-maker.ts';

const HOUR_MS = 3_600_000;
const atMs = Date.parse('2026-11-23T12:10:00Z');

function served(timeMs: number, ids: readonly string[], source = 'kindred') {
  return trackEvent('Recommendations Served', {
    source,
    timestamp: new Date(timeMs).toISOString(),
    receivedAt: new Date(timeMs).toISOString(),
    properties: { products: ids.map((id) => ({ product_id: id })) },
  });
}

describe('what a customer was shown', () => {
  it('is kept by send: all blocks of an email together, the newest first', () => {
    const events = [
      served(atMs, ['a', 'b']),
      served(atMs - 24 * HOUR_MS, ['c']),
      served(atMs + 60_000, ['d', 'a']),
    ];
    const { shown } = events.reduce(foldEvent, newProfile('p', atMs));
    expect(shown).toEqual([
      [hourOf(atMs), ['a', 'b', 'd']],
      [hourOf(atMs) - 24, ['c']],
    ]);
  });

  it('is told by Kindred alone', () => {
    const profile = foldEvent(newProfile('p', atMs), served(atMs, ['a'], 'shop'));
    expect(profile.shown).toBeUndefined();
  });

  it('is bounded in sends and items', () => {
    const ids = Array.from({ length: 99 }, (_, index) => `item-${String(index).padStart(3, '0')}`);
    const sends: Shown = Array.from({ length: 20 }, (_, index) => [index, ids] as const);
    const kept = combineShown(sends, []);
    expect(kept.map(([hour]) => hour)).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
    expect(kept).toHaveLength(SENDS_MAX);
    expect(kept[0]?.[1]).toHaveLength(SEND_ITEMS_MAX);
  });

  it('before this send leaves out what this send itself was given', () => {
    const now = hourOf(atMs);
    const shown: Shown = [
      [now, ['this']],
      [now - 1, ['this too']],
      [now - 2, ['last']],
      [now - 9, ['before']],
    ];
    expect([...shownBefore(shown, 1, atMs)]).toEqual(['last']);
    expect([...shownBefore(shown, 8, atMs)]).toEqual(['last', 'before']);
  });
});
