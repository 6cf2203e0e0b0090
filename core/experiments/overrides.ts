import * as z from 'zod';
import { placementId, placementRules, strategy } from '../ranking/placement.ts';

/** Of a block in a mail. */
const POSITION_MAX = 20;

/** What a variant puts in the place of its placement's own; what is absent stays as it is. */
export const overrides = z.strictObject({
  ladder: z
    .array(strategy)
    .min(1)
    .refine((ladder) => ladder.at(-1)?.kind === 'static', {
      error: 'must end in a static rung, so that no answer is ever empty',
    })
    .optional(),
  /** Rule by rule: those that are not named stay the placement's. */
  rules: placementRules.partial().optional(),
  /** The template that renders the block. */
  template: placementId.optional(),
  /** The place of the block in the mail, from 1; the answer carries it, the mail's own template goes by it. */
  position: z.number().int().min(1).max(POSITION_MAX).optional(),
});
export type Overrides = z.infer<typeof overrides>;
