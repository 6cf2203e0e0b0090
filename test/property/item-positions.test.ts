import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ItemPositions } from '../../core/training/item-positions.ts';

/** Few characters, so that ids are prefixes of one another and stand twice; and whatever else a text may hold. */
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ud83d', '\u{1f600}'), maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  // As long as still stands in a slot, and longer.
  fc.string({ unit: fc.constantFrom('a', 'ÿ'), minLength: 18, maxLength: 23 }),
);

it('finds what a Map finds, one by one and all together', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 60 }), fc.array(id, { maxLength: 60 }), (ids, others) => {
      const plain = new Map(ids.map((itemId, index) => [itemId, index]));
      const positions = ItemPositions.of(ids);
      expect(positions.size).toBe(plain.size);
      const asked = [...others, ...ids];
      for (const itemId of asked) {
        expect(positions.get(itemId)).toBe(plain.get(itemId));
        expect(positions.has(itemId)).toBe(plain.has(itemId));
      }
      expect(allOf(positions, asked)).toEqual(asked.map((itemId) => plain.get(itemId) ?? -1));
    }),
    { numRuns: 500 },
  );
});

it('tells two ids of one hash apart', () => {
  const [one, other] = pairOfOneHash();
  const positions = ItemPositions.of([one, 'between', other]);
  expect(allOf(positions, [other, one, 'between', 'none'])).toEqual([2, 0, 1, -1]);
  expect(allOf(ItemPositions.of([one]), [other])).toEqual([-1]);
});

function allOf(positions: ItemPositions, itemIds: readonly string[]): number[] {
  const found = new Int32Array(itemIds.length).fill(7);
  positions.ofAll(
    itemIds.map((itemId) => ({ itemId })),
    found,
  );
  return [...found];
}

/** By the birthday paradox among some hundred thousand ids. */
function pairOfOneHash(): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let number = 0; ; number += 1) {
    const text = `sku-${number}`;
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    const known = seen.get(hash);
    if (known !== undefined) return [known, text];
    seen.set(hash, text);
  }
}
