import { servingProblem } from '../blocks/bundled-placements.ts';
import type { Placement } from '../ranking/placement.ts';
import { withOverrides } from '../ranking/variant.ts';
import type { Experiment } from './experiment.ts';

/** What is there for an experiment to run on. */
export interface Ground {
  /** The document in force; undefined where nothing answers under its name. */
  readonly placement: Placement | undefined;
  readonly templateIds: ReadonlySet<string>;
}

export interface FieldProblem {
  /** With dots, e.g. `variants.1.overrides.template`. */
  readonly path: string;
  readonly message: string;
}

/**
 * Why an experiment can't be served although its form is right; undefined where it can. What is missing would
 * be answered by something else, the variant would be like any other, and nobody would see it but in a flat result.
 */
export function experimentServingProblem(
  { placement: placementId, variants }: Experiment,
  { placement, templateIds }: Ground,
): FieldProblem | undefined {
  if (placement === undefined) {
    return {
      path: 'placement',
      message: `is ${placementId}, which nothing answers; write that placement first`,
    };
  }
  for (const [index, { overrides }] of variants.entries()) {
    const at = `variants.${index}.overrides`;
    const { template } = overrides;
    if (template !== undefined && !templateIds.has(template)) {
      return {
        path: `${at}.template`,
        message: `is ${template}, and there is no such template; write it first`,
      };
    }
    const problem = servingProblem(withOverrides(placement, overrides));
    if (problem !== undefined) return { path: `${at}.ladder`, message: `can’t serve: ${problem}` };
  }
  return undefined;
}
