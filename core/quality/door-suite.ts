import * as z from 'zod';
import { columnTypes } from './column-types.ts';
import { formats } from './formats.ts';

/**
 * Of a suite what is asked of single events where they come in. `suite.ts` says what a suite is, with a
 * remedy for every mistake; it checks what people register and is too large for a function that is
 * started while a visitor waits. What isn't of this form is for the audit, which also says what is wrong.
 */
const texts = z.array(z.string());
const plain = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.union([z.number(), z.string()]).optional();
const bounds = { minimum: bound, exclusiveMinimum: bound, maximum: bound, exclusiveMaximum: bound };

const doorCondition = z.strictObject({
  column: z.string(),
  in: z.array(plain).optional(),
  notIn: z.array(plain).optional(),
  isMissing: z.boolean().optional(),
  ...bounds,
});
export type DoorCondition = z.infer<typeof doorCondition>;

/** Strict, so that nothing with a tolerance or a pattern is among them. */
const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({
    kind: z.literal(name),
    id: z.string(),
    title: z.string().optional(),
    severity: z.enum(['warn', 'quarantine']),
    where: z.array(doorCondition).optional(),
    ...shape,
  });
const column = z.string();

export const doorExpectation = z.discriminatedUnion('kind', [
  kind('types', { columns: texts.optional() }),
  kind('complete', { columns: texts }),
  kind('range', { column, ...bounds }),
  kind('in', { column, values: z.array(plain) }),
  kind('notIn', { column, values: z.array(plain) }),
  kind('format', { column, format: z.enum(formats) }),
  kind('compare', {
    left: column,
    operator: z.enum(['=', '!=', '<', '<=', '>', '>=']),
    right: column,
  }),
]);
export type DoorExpectation = z.infer<typeof doorExpectation>;

export const doorSuite = z.object({
  suiteId: z.string(),
  dataset: z.string(),
  columns: z.record(
    z.string(),
    z.object({ type: z.enum(columnTypes), from: z.string().optional() }),
  ),
  expectations: z.array(z.unknown()),
});
export type DoorSuite = z.infer<typeof doorSuite>;

/** The columns that an expectation asks for, with those of its conditions. */
export function columnsAtTheDoor(one: DoorExpectation): string[] {
  const where = (one.where ?? []).map((condition) => condition.column);
  switch (one.kind) {
    case 'types':
    case 'complete':
      return [...(one.columns ?? []), ...where];
    case 'compare':
      return [one.left, one.right, ...where];
    default:
      return [one.column, ...where];
  }
}
