import * as z from 'zod';
import { placementOverrides } from '../ranking/variant.ts';

/** Of a block in a mail. */
const POSITION_MAX = 20;

/** What a variant puts in the place of its placement's own; what is absent stays as it is. */
export const overrides = placementOverrides.extend({
  /** The place of the block in the mail, from 1; the answer carries it, the mail's own template goes by it. */
  position: z.number().int().min(1).max(POSITION_MAX).optional(),
});
export type Overrides = z.infer<typeof overrides>;
