import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../adapters/kinesis/event-stream.ts';

describe('records cut into requests', () => {
  it('keep their order, and no request is beyond what Kinesis takes', () => {
    const content = new Uint8Array(1_000_000);
    const record = fc.record({
      data: fc
        .oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 1_000_000 }))
        .map((length) => content.subarray(0, length)),
      partitionKey: fc.string({ minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(record, { size: 'max', maxLength: 1_500 }), (records) => {
        const chunks = [...chunksOf(records)];
        expect(chunks.flat().every((one, index) => one === records[index])).toBe(true);
        expect(chunks.flat()).toHaveLength(records.length);
        for (const chunk of chunks) {
          const bytes = chunk.reduce(
            (sum, one) => sum + one.data.length + one.partitionKey.length,
            0,
          );
          expect(chunk.length).toBeGreaterThan(0);
          expect(chunk.length).toBeLessThanOrEqual(500);
          expect(bytes).toBeLessThanOrEqual(5_000_000);
        }
      }),
      { numRuns: 50 },
    );
  });
});
