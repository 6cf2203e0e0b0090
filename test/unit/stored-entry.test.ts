import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyFacts } from '../../core/catalogue/catalogue-entry.ts';
import { item } from '../../core/catalogue/item.ts';
import type { ProductFact } from '../../core/catalogue/product-fact.ts';
import {
  ENTRY_SCHEMA_VERSION,
  entryFromStored,
  storedFormOf,
} from '../../core/catalogue/stored-entry.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const [mug, vase, bowl, jar]: unknown[] = JSON.parse(
  readFileSync('test/fixtures/catalogue/entries-version-1.json', 'utf8'),
);
const migrated = (stored: unknown) => {
  const entry = entryFromStored(stored, NOW_MS);
  if (entry === undefined) throw new Error('not read');
  return entry;
};
const saying = (
  source: ProductFact['source'],
  timeMs: number,
  fields: ProductFact['fields'],
): ProductFact => ({ itemId: 'mug', source, timeMs, fields });

describe('an entry of version 1', () => {
  it.each([mug, vase, bowl])('is the same item after it was migrated', (stored) => {
    const entry = migrated(stored);
    expect(item.parse(entry)).toEqual(item.parse(stored));
    const written = storedFormOf(entry);
    expect(written.schemaVersion).toBe(ENTRY_SCHEMA_VERSION);
    expect({ ...migrated(written), updatedAtMs: 0 }).toEqual({ ...entry, updatedAtMs: 0 });
  });

  it('goes on by the same rules: pages of later win, of earlier they only fill', () => {
    const entry = migrated(mug);
    const [early, late] = [1_767_225_600_000, 1_769_904_000_000];
    expect(applyFacts(entry, [saying('page', late, { price: 5, currency: 'GBP' })])).toMatchObject({
      price: 5,
      version: 4,
    });
    const older = saying('page', early, { title: 'Old mug', available: false });
    expect(applyFacts(entry, [older])).toMatchObject({ title: 'Mug', available: false });
    expect(applyFacts(entry, [saying('order', late, { title: 'Sold mug' })])).toBeUndefined();
  });

  it('is no new arrival, as nobody noted when it came', () => {
    expect(migrated(mug).firstSeenMs).toBe(0);
  });

  it('that a feed dated into the future is open to what is said today', () => {
    const today = applyFacts(migrated(jar), [
      { ...saying('feed', NOW_MS + 1, { title: 'Glass jar', price: 3, currency: 'EUR' }) },
    ]);
    expect(today).toMatchObject({ title: 'Glass jar', price: 3 });
  });
});

describe('a form that this code does not know', () => {
  const known = storedFormOf(migrated(mug));
  it.each([
    ['a later version', { ...known, schemaVersion: 3 }],
    ['prices in another form', { ...known, priceDays: { GBP: 'x' } }],
    ['stock in another form', { ...known, stockDays: '?' }],
    ['statements in another form', { ...known, stated: 'everything' }],
    ['no item', { ...known, title: undefined }],
    ['no object', 'mug'],
  ])('is not read: %s', (_, stored) => {
    expect(entryFromStored(stored, NOW_MS)).toBeUndefined();
  });
});
