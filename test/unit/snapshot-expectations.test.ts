import { describe, expect, it } from 'vitest';
import { checkSnapshot } from '../../core/quality/snapshot-expectations.ts';
import type { SnapshotFacts } from '../../core/quality/snapshot-facts.ts';

const sound: SnapshotFacts = {
  createdAt: '2026-11-23T00:00:00Z',
  files: 10,
  lines: 5000,
  customers: 200,
  items: 100,
  itemsWithInteractions: 90,
  malformedItems: 0,
  interactions: { view: 3000, cart: 300, uncart: 10, purchase: 600 },
  dropped: {
    malformedLine: 0,
    unreadableFile: 0,
    duplicateMessage: 50,
    duplicateOrder: 3,
    noConsent: 0,
    malformedProduct: 0,
    malformedTime: 0,
    unknownItem: 0,
    futureTime: 0,
    refunded: 4,
    bot: 0,
  },
  oldest: '2026-09-20T00:00:00Z',
  newest: '2026-11-22T00:00:00Z',
  newestReceived: '2026-11-22T00:00:01Z',
};
const { oldest: _oldest, newest: _newest, newestReceived: _received, ...timeless } = sound;

function reasonsFor(changes: Partial<SnapshotFacts>): string {
  const verdict = checkSnapshot({ ...sound, ...changes });
  return verdict.passed ? 'passed' : verdict.reasons.join('\n');
}

function dropping(reason: keyof SnapshotFacts['dropped'], count: number): Partial<SnapshotFacts> {
  return { dropped: { ...sound.dropped, [reason]: count } };
}

describe('a snapshot is fit to train on', () => {
  it('when every expectation is met', () => {
    expect(reasonsFor({})).toBe('passed');
  });

  it('though its events are years old, as long as they have just arrived', () => {
    const changes = { oldest: '2010-12-01T00:00:00Z', newest: '2011-12-09T00:00:00Z' };
    expect(reasonsFor(changes)).toBe('passed');
  });
});

describe('a snapshot is rejected', () => {
  it('when it is empty, naming all that is missing', () => {
    const none = { view: 0, cart: 0, uncart: 0, purchase: 0 };
    const verdict = checkSnapshot({
      ...timeless,
      lines: 0,
      files: 0,
      customers: 0,
      itemsWithInteractions: 0,
      interactions: none,
    });
    expect(verdict.passed).toBe(false);
    expect(verdict).toMatchObject({
      reasons: [
        'interactions: 0 with known items, at least 100 needed',
        'customers: 0 with an interaction, at least 10 needed',
        'items: 0 with an interaction, at least 10 needed',
        'purchases: 0 to learn from and to predict, at least 1 needed',
        'time span: 0.0 days from the oldest interaction to the newest, at least 3 needed',
        'freshness: no event has reached the lake',
      ],
    });
  });

  it.each<[string, Partial<SnapshotFacts>, string]>([
    ['it has one customer', { customers: 1 }, 'customers: 1'],
    ['it has one item', { itemsWithInteractions: 1 }, 'items: 1'],
    ['nobody bought', { interactions: { ...sound.interactions, purchase: 0 } }, 'purchases: 0'],
    ['it spans a day', { oldest: '2026-11-21T00:00:00Z' }, 'time span: 1.0'],
    ['nothing has arrived of late', { newestReceived: '2026-11-01T00:00:00Z' }, 'freshness: '],
    ['the catalogue lacks items', dropping('unknownItem', 2000), 'unknown items: 2000 of 5910'],
    ['events are from the future', dropping('futureTime', 60), 'future times: 60 of 3970'],
    ['lines are malformed', dropping('malformedLine', 51), 'malformed lines: 51 of 5000'],
    ['files are broken', dropping('unreadableFile', 1), 'unreadable files: 1 of 10'],
    ['catalogue prices are no numbers', { malformedItems: 5 }, 'malformed items: 5 of 105'],
  ])('when %s', (_, changes, reason) => {
    expect(reasonsFor(changes)).toContain(reason);
  });
});
