import { StateError } from './state-error.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Step Functions' limit on any input, output, argument or result, in bytes of UTF-8 JSON. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws States.DataLimitExceeded where a value that passes between states is too large. */
export function withinLimit(value: Json, what: string): Json {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= PAYLOAD_BYTES_MAX) return value;
  throw new StateError(
    'States.DataLimitExceeded',
    `The ${what} has ${bytes} bytes, the limit is ${PAYLOAD_BYTES_MAX}. Pass ids of things in S3, not the things.`,
  );
}
