/**
 * Where a customer falls between 0 and 1 under a seed: GrowthBook's hash, version 2, so that another system that
 * speaks it (any of its SDKs) finds the same. FNV-1a of 32 bits, twice, for a single pass leaves neighbouring keys
 * in neighbouring places. Ten thousand places: a share is exact to a hundredth of a percent.
 *
 * Source: https://docs.growthbook.io/lib/build-your-own#hashing ; FNV: RFC 9923.
 */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
const PLACES = 10_000;

/** From 0 to 0.9999. */
export function placeOf(seed: string, key: string): number {
  return (fnv32a(String(fnv32a(seed + key))) % PLACES) / PLACES;
}

/** Over UTF-16 units, as GrowthBook's JavaScript has it. */
function fnv32a(text: string): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  }
  return hash >>> 0;
}
