import * as z from 'zod';

export const interval = z.object({ lower: z.number(), upper: z.number() });
export type Interval = z.infer<typeof interval>;

/** Of every interval and test, unless the caller says another. */
export const ALPHA = 0.05;
