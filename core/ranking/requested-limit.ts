import type { Placement } from './placement.ts';

export interface RequestedLimit {
  readonly limit: number;
  /** Why it is not the number asked for; absent when it is. Never repeats what was sent. */
  readonly note?: string;
}

/**
 * How many items a request gets. A number above the placement's maximum gets the maximum; anything
 * that is no whole number from 1 up gets the default. Never an error: an email must not fail for it.
 */
export function requestedLimit(
  text: string | undefined,
  bounds: Placement['limit'],
): RequestedLimit {
  if (text === undefined) return { limit: bounds.default };
  const wanted = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= bounds.max) return { limit: wanted };
  const isAbove = wanted > bounds.max;
  const limit = isAbove ? bounds.max : bounds.default;
  return {
    limit,
    note: `limit must be a whole number from 1 to ${bounds.max}, so ${limit} were given`,
  };
}
