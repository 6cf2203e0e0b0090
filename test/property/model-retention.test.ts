import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expendableModels } from '../../core/training/model-retention.ts';

const NOW_MS = Date.UTC(2026, 10, 27);
const DAY_MS = 86_400_000;

const scene = fc.record({
  ages: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 }),
  current: fc.nat(),
  previous: fc.option(fc.nat(), { nil: undefined }),
  publishedMax: fc.integer({ min: 0, max: 12 }),
  daysMin: fc.integer({ min: 1, max: 40 }),
});

describe('the models that go', () => {
  it('are never the current, the previous, a young one, or one of the newest so many', () => {
    fc.assert(
      fc.property(scene, ({ ages, current, previous, publishedMax, daysMin }) => {
        const models = ages.map((days, index) => ({
          id: `m-${index}`,
          writtenAtMs: NOW_MS - days * DAY_MS,
        }));
        const idAt = (index: number) => `m-${index % models.length}`;
        const pointed = {
          current: idAt(current),
          ...(previous !== undefined && { previous: idAt(previous) }),
        };
        const gone = new Set(expendableModels(models, pointed, { publishedMax, daysMin }, NOW_MS));
        expect(gone).not.toContain(pointed.current);
        expect(gone).not.toContain(pointed.previous);
        const left = models.filter(({ id }) => !gone.has(id));
        const others = models.filter(({ id }) => id !== pointed.current && id !== pointed.previous);
        expect(left.length).toBeGreaterThanOrEqual(Math.min(models.length, publishedMax));
        for (const model of others) {
          const newerCount = others.filter((one) => one.writtenAtMs > model.writtenAtMs).length;
          const isOld = NOW_MS - model.writtenAtMs > daysMin * DAY_MS;
          if (gone.has(model.id)) expect(isOld).toBe(true);
          else if (isOld) expect(newerCount).toBeLessThan(publishedMax);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('are none before the first publication: what is there is being written', () => {
    const models = [{ id: 'm', writtenAtMs: 0 }];
    expect(expendableModels(models, undefined, { publishedMax: 0, daysMin: 1 }, NOW_MS)).toEqual(
      [],
    );
  });
});
