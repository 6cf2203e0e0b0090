import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTimeMs } from '../../core/events/iso-time.ts';

const date = fc.date({
  min: new Date('0001-01-01'),
  max: new Date('9999-12-31'),
  noInvalidDate: true,
});
const written = fc.oneof(
  date.map((each) => each.toISOString()),
  // Of one day, as most of a batch are.
  fc
    .integer({ min: 0, max: 86_399_999 })
    .map((ms) => new Date(1_790_812_800_000 + ms).toISOString()),
  // Nearly such a time: one character is another.
  fc
    .tuple(date, fc.nat(23), fc.string({ minLength: 1, maxLength: 1 }))
    .map(([each, at, character]) => {
      const text = each.toISOString();
      return text.slice(0, at) + character + text.slice(at + 1);
    }),
  fc.constantFrom('2026-11-23', '2026-11-23T24:00:00.000Z', '2026-11-23T23:59:60.000Z', ''),
  fc.string(),
);

describe('a time as toISOString writes it', () => {
  it('is read as Date.parse reads it, and anything else too', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 8 }), (texts) => {
        for (const text of texts) expect(isoTimeMs(text)).toBe(Date.parse(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
