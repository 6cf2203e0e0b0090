import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenIds } from '../../core/training/seen-ids.ts';

it('remembers ids as a set of strings does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 4000 }), (ids) => {
      const seen = new SeenIds();
      const reference = new Set<string>();
      for (const id of ids) {
        expect(seen.add(id)).toBe(!reference.has(id));
        reference.add(id);
      }
    }),
    { numRuns: 30 },
  );
});

it('tells two hundred thousand numbered ids apart while it grows', () => {
  const seen = new SeenIds();
  let added = 0;
  for (let id = 0; id < 200_000; id++) added += seen.add(`shop-1-${id}`) ? 1 : 0;
  expect(added).toBe(200_000);
  expect(seen.add('shop-1-77777')).toBe(false);
});
