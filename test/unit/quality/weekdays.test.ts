import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayBefore, judgeWeekday, medianOf } from '../../../core/quality/robust-statistics.ts';

/** A Tuesday. */
const DAY = '2026-11-24';
const counts = (median: number) => Math.sqrt(Math.max(1, median));

/** Measures of `weeks` weeks up to and with DAY, by weekday (0 is DAY's own), in time order. */
function weeksOf(weeks: number, of: (weekday: number, week: number) => number) {
  const days = Array.from({ length: weeks * 7 + 1 }, (_, ago) => ago).reverse();
  return new Map(
    days.map((ago) => [dayBefore(DAY, ago), of((7 - (ago % 7)) % 7, Math.floor(ago / 7))]),
  );
}

function judge(measures: ReadonlyMap<string, number>, day = DAY) {
  const verdict = judgeWeekday({
    measures,
    day,
    trailingWeeks: 8,
    zMax: 3.5,
    direction: 'both',
    chanceOf: counts,
  });
  return verdict.kind === 'judged' ? (verdict.isUnusual ? 'unusual' : 'usual') : verdict.kind;
}

/** A shop's week: full from Monday to Friday, a fifth of it on Saturday and Sunday, and some scatter. */
const shopWeek = (weekday: number, week: number) => {
  const isWeekend = weekday === 4 || weekday === 5;
  const scatter = ((week * 37 + weekday * 13) % 11) - 5;
  return (isWeekend ? 200 : 1000) + scatter * (isWeekend ? 3 : 12);
};

describe('a day against the same weekday before', () => {
  it('lets a weekend’s dip pass on a weekend', () => {
    const measures = weeksOf(9, shopWeek);
    expect(judge(measures, dayBefore(DAY, 2))).toBe('usual');
    expect(judge(measures, dayBefore(DAY, 3))).toBe('usual');
  });

  it('finds a weekend’s figure on a Tuesday', () => {
    expect(judge(weeksOf(9, shopWeek).set(DAY, 200))).toBe('unusual');
  });

  it('finds a halved Tuesday, and a doubled one', () => {
    expect(judge(weeksOf(9, shopWeek))).toBe('usual');
    expect(judge(weeksOf(9, shopWeek).set(DAY, 500))).toBe('unusual');
    expect(judge(weeksOf(9, shopWeek).set(DAY, 2000))).toBe('unusual');
  });

  it('finds a day without any', () => {
    expect(judge(weeksOf(9, shopWeek).set(DAY, 0))).toBe('unusual');
  });

  it('says that three weeks are not enough history, and four are', () => {
    expect(judge(weeksOf(3, shopWeek).set(DAY, 500))).toBe('not enough history');
    expect(judge(weeksOf(4, shopWeek).set(DAY, 500))).toBe('unusual');
  });

  it('is not misled by one day that was unusual itself', () => {
    const measures = weeksOf(9, shopWeek).set(dayBefore(DAY, 21), 40_000);
    expect(judge(measures)).toBe('usual');
    expect(judge(measures.set(DAY, 500))).toBe('unusual');
  });

  it('lets a count scatter by its root where all weeks were the same', () => {
    expect(judge(weeksOf(9, () => 100).set(DAY, 120))).toBe('usual');
    expect(judge(weeksOf(9, () => 100).set(DAY, 60))).toBe('unusual');
  });

  it('looks no further back than it is told', () => {
    const measures = weeksOf(20, (_, week) => (week > 8 ? 100_000 : 1000));
    expect(judge(measures)).toBe('usual');
  });

  it('takes one direction for the other where only one matters', () => {
    const question = { day: DAY, trailingWeeks: 8, zMax: 3.5, chanceOf: counts };
    const fallen = weeksOf(9, shopWeek).set(DAY, 300);
    const of = (direction: 'above' | 'below') =>
      judgeWeekday({ ...question, measures: fallen, direction });
    expect(of('below')).toMatchObject({ isUnusual: true });
    expect(of('above')).toMatchObject({ isUnusual: false });
  });

  it('has a modified z-score of 0.6745 (x − median) / MAD', () => {
    const measures = new Map(
      [700, 900, 1000, 1100, 1600].map((value, index) => [dayBefore(DAY, 7 * (5 - index)), value]),
    ).set(DAY, 1400);
    const verdict = judgeWeekday({
      measures,
      day: DAY,
      trailingWeeks: 8,
      zMax: 3.5,
      direction: 'both',
      chanceOf: () => 0,
    });
    // Median 1,000; deviations 300, 100, 0, 100, 600: MAD 100.
    expect(verdict).toMatchObject({ kind: 'judged', band: { median: 1000, mad: 100 } });
    expect(verdict.kind === 'judged' && verdict.z).toBeCloseTo((0.6745 * 400) / 100, 10);
  });
});

describe('whatever the history', () => {
  const history = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 4, maxLength: 8 });
  const measuresOf = (past: readonly number[], value: number) =>
    new Map([
      ...past.map((one, index) => [dayBefore(DAY, 7 * (index + 1)), one] as const),
      [DAY, value] as const,
    ]);

  it('the median itself is usual', () => {
    fc.assert(
      fc.property(history, (past) => {
        expect(judge(measuresOf(past, medianOf(past)))).toBe('usual');
      }),
      { seed: 163 },
    );
  });

  it('what is farther out is not more usual', () => {
    fc.assert(
      fc.property(history, fc.nat(1_000_000), fc.nat(1_000_000), (past, near, farther) => {
        const median = medianOf(past);
        if (judge(measuresOf(past, median + near)) !== 'unusual') return;
        expect(judge(measuresOf(past, median + near + farther))).toBe('unusual');
      }),
      { seed: 163 },
    );
  });

  it('other weekdays have no say', () => {
    fc.assert(
      fc.property(history, fc.nat(1_000_000), fc.nat(1_000_000), (past, value, other) => {
        const measures = measuresOf(past, value);
        const before = judge(measures);
        for (let ago = 1; ago < 60; ago += 1) {
          if (ago % 7 !== 0) measures.set(dayBefore(DAY, ago), other);
        }
        expect(judge(measures)).toBe(before);
      }),
      { seed: 163 },
    );
  });
});
