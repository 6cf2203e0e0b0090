import * as z from 'zod';

/** Which model is current. `previous` is where a rollback goes back to. */
export const modelPointer = z.object({
  current: z.string().min(1),
  previous: z.string().min(1).optional(),
  /** Counts the flips; the next one must find the value that it has read. */
  version: z.int().positive(),
  publishedAt: z.iso.datetime(),
});
export type ModelPointer = z.infer<typeof modelPointer>;

/** The kind of the config table's document that is the pointer. */
export const POINTER_KIND = 'model';
