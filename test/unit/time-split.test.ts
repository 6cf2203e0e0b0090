import { describe, expect, it } from 'vitest';
import { splitByTime } from '../../core/training/split.ts';
import { DAY_S, START_S } from '../training/training-data.ts';

function split(spanDays: number, holdoutDays?: number) {
  return splitByTime({ oldestS: START_S, newestS: START_S + spanDays * DAY_S }, holdoutDays);
}

describe('the time split', () => {
  it('holds out the last month for the test and the one before for validation', () => {
    expect(split(373)).toEqual({
      ok: true,
      split: {
        holdoutDays: 30,
        validationFromS: START_S + 313 * DAY_S,
        testFromS: START_S + 343 * DAY_S,
        untilS: START_S + 373 * DAY_S + 1,
      },
    });
  });

  it('holds out a fifth of shorter data', () => {
    expect(split(60)).toMatchObject({ split: { holdoutDays: 12 } });
    expect(split(3)).toMatchObject({ split: { holdoutDays: 1 } });
  });

  it('holds out what it is asked to', () => {
    expect(split(60, 7)).toMatchObject({ split: { holdoutDays: 7 } });
  });

  it.each([
    [1, undefined],
    [60, 30],
    [60, 0],
    [60, Number.NaN],
  ])('refuses %s days with %s held out, saying what to do', (spanDays, holdoutDays) => {
    const outcome = split(spanDays, holdoutDays);
    expect(outcome.ok).toBe(false);
    expect(outcome).toMatchObject({ reason: expect.stringContaining('collect more') });
  });
});
