import type * as z from 'zod';
import { Problem } from '../ingest/answers.ts';

/**
 * What an operator sent, checked.
 * @throws Problem 400 with every field that is wrong.
 */
export function operatorInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(
    400,
    'The request is not as expected; see issues.',
    parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  );
}
