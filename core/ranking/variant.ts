import * as z from 'zod';
import { ladder, type Placement, placement } from './placement.ts';
import { placementRules } from './placement-rules.ts';
import { placementId } from './strategy.ts';

/** What a variant of an experiment, or an operator who tries something, puts in the place of a document's own. */
export const placementOverrides = z.strictObject({
  heading: z.string().min(1).max(200).optional(),
  ladder: ladder.optional(),
  /** Rule by rule: those that are not named stay the document's. */
  rules: placementRules.partial().optional(),
  template: placementId.optional(),
});
export type PlacementOverrides = z.infer<typeof placementOverrides>;

/** What an experiment says of one customer's answer. */
export interface Assignment {
  readonly experiment: string;
  readonly variant: string;
  /** `position` is the place of the block in the mail, from 1: the mail's own template goes by it. */
  readonly overrides?:
    | (PlacementOverrides & { readonly position?: number | undefined })
    | undefined;
}

/** One placement per variant, for as long as both documents serve: rules are compiled by their object. */
const made = new WeakMap<
  PlacementOverrides,
  { readonly of: Placement; readonly placed: Placement }
>();

export function withOverrides(of: Placement, overrides: PlacementOverrides | undefined): Placement {
  if (overrides === undefined) return of;
  const known = made.get(overrides);
  if (known?.of === of) return known.placed;
  const { heading, ladder: rungs, template } = overrides;
  const rules = { ...of.rules, ...stated(overrides.rules ?? {}) };
  const placed = placement.parse({ ...of, ...stated({ heading, ladder: rungs, template }), rules });
  made.set(overrides, { of, placed });
  return placed;
}

function stated(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
