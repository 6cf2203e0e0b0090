import * as z from 'zod';
import { type Operation, ServiceError } from './json-service.ts';

/** An operation that takes its input strictly: an unknown member is refused, not ignored. */
export function operation<Input extends z.ZodType>(
  schema: Input,
  handle: (input: z.infer<Input>) => unknown,
): Operation {
  return (raw) => {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return handle(parsed.data);
    throw new ServiceError('ValidationException', z.prettifyError(parsed.error));
  };
}

/** Epoch seconds with milliseconds, the form of a time in AWS JSON. */
export function epochSeconds(timeMs: number): number {
  return timeMs / 1000;
}
