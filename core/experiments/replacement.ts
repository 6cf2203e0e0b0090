import { canonicalJson } from '../profile/canonical-json.ts';
import type { Experiment } from './experiment.ts';

/** What decides who gets what, and what is asked: of an experiment that has begun it must stay. */
const FIXED = [
  'placement',
  'variants',
  'namespace',
  'holdoutShare',
  'seed',
  'startsAt',
  'primaryOutcome',
  'attribution',
] as const satisfies readonly (keyof Experiment)[];

/**
 * Why a document can't take the place of the stored one; undefined where it can. A deal that changed midway would mix
 * customers of two deals in one comparison, and an outcome that is chosen after looking proves nothing.
 */
export function replacementProblem(
  stored: Experiment | undefined,
  next: Experiment,
): string | undefined {
  if (stored === undefined) return undefined;
  if (next.version <= stored.version) {
    return `version must be above ${stored.version}, which is stored`;
  }
  if (stored.status === 'draft') return undefined;
  if (next.status === 'draft')
    return 'an experiment that has begun can’t be a draft again; stop it';
  if (stored.status === 'stopped' && next.status === 'running') {
    return 'an experiment that was stopped can’t run again; begin another under a new id';
  }
  if (next.coverage < stored.coverage) {
    return 'coverage can be raised and not lowered: who is in it would see another variant tomorrow';
  }
  const changed = FIXED.find(
    (name) => canonicalJson(stored[name] ?? null) !== canonicalJson(next[name] ?? null),
  );
  if (changed === undefined) return undefined;
  return `${changed} can’t be changed once an experiment has begun; begin another under a new id`;
}
