import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectBest } from '../../core/training/select-best.ts';

it('selects what sorting everything would, whatever the ties', () => {
  const scores = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 60 }), (values, count) => {
      const candidates = Uint32Array.from(values.keys()).toReversed();
      const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
      const best = selectBest(candidates, Float64Array.from(values), count);
      expect([...best]).toEqual(sorted.slice(0, count));
    }),
  );
});
