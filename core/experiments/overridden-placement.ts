import { type Placement, placementRules } from '../ranking/placement.ts';
import type { Overrides } from './experiment.ts';

/** The placement as a variant has it: its own ladder, its own rules, each as far as the variant says one. */
export function overriddenPlacement(
  placement: Placement,
  { ladder, rules }: Pick<Overrides, 'ladder' | 'rules'>,
): Placement {
  return {
    ...placement,
    ...(ladder !== undefined && { ladder }),
    ...(rules !== undefined && { rules: placementRules.parse({ ...placement.rules, ...rules }) }),
  };
}
