import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { configKinds } from '../../../cli/config/kinds.ts';
import { experiment } from '../../../core/experiments/experiment.ts';
import { periodOf } from '../../../core/experiments/period.ts';
import { replacementProblem } from '../../../core/experiments/replacement.ts';
import { heroExperiment } from './hero-experiment.ts';

describe('the guide', () => {
  it('puts an example that is one, under a kind that there is', async () => {
    const guide = await readFile('docs/how-to/run-an-experiment.md', 'utf8');
    const [, kind, file = ''] = /kindred config put (\S+) (\S+)/.exec(guide) ?? [];
    const found = configKinds.find((one) => one.kind === kind);
    const document: unknown = JSON.parse(await readFile(file, 'utf8'));
    expect(found?.idOf(document)).toBe('2026-11-hero');
  });

  it('names every field of the document in the reference', async () => {
    const reference = await readFile('docs/reference/experiments.md', 'utf8');
    for (const name of Object.keys(experiment.shape)) expect(reference).toContain(`\`${name}\``);
  });
});

describe('a document that takes the place of another', () => {
  const hero = heroExperiment();
  it.each([
    ['the same version', {}, 'version'],
    ['another seed', { version: 2, seed: 'x' }, 'seed'],
    ['another outcome', { version: 2, primaryOutcome: 'purchase' as const }, 'primaryOutcome'],
    ['a lower coverage', { version: 2, coverage: 0.5 }, 'coverage'],
    ['a draft', { version: 2, status: 'draft' as const }, 'draft'],
  ])('is refused for %s', (_, changes, said) => {
    expect(replacementProblem(hero, heroExperiment(changes))).toContain(said);
  });

  it('may say another end, and anything while it is a draft', () => {
    const ended = heroExperiment({ version: 2, endsAt: '2026-12-01T00:00:00Z' });
    expect(replacementProblem(hero, ended)).toBeUndefined();
    const draft = heroExperiment({ status: 'draft' });
    expect(replacementProblem(draft, heroExperiment({ version: 2, seed: 'x' }))).toBeUndefined();
    expect(replacementProblem(undefined, hero)).toBeUndefined();
  });
});

describe('the days of an experiment', () => {
  it('are from 28 before its start to the last whole one', () => {
    const found = periodOf(heroExperiment(), '2026-11-03');
    expect([found?.days[0], found?.days.at(-1)]).toEqual(['2026-10-04', '2026-11-03']);
    expect(found?.untilMs).toBe(Date.parse('2026-11-04'));
  });

  it('are none of a draft, before its start, and a month after its end', () => {
    expect(periodOf(heroExperiment({ status: 'draft' }), '2026-11-03')).toBeUndefined();
    expect(periodOf(heroExperiment(), '2026-10-31')).toBeUndefined();
    const ended = heroExperiment({ endsAt: '2026-11-10T00:00:00Z' });
    expect(periodOf(ended, '2026-12-10')).toBeDefined();
    expect(periodOf(ended, '2026-12-11')).toBeUndefined();
  });
});
