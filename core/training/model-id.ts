import * as z from 'zod';

/** A model's id as requests name it. */
export const modelId = z.string().regex(/^[\w.:-]{1,100}$/, { error: 'is no id of a model' });
