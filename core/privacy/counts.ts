import * as z from 'zod';

/** What a search has found, and an erasure has done, in one area or store. */
export const areaCounts = z.strictObject({
  /** Objects or items looked at. */
  scanned: z.int().nonnegative(),
  /** Objects or items that were deleted, as nothing else was in them. */
  deleted: z.int().nonnegative(),
  /** Objects that were written anew without what was the person's. */
  rewritten: z.int().nonnegative(),
  /** Records of the person: events, calls, rows. */
  records: z.int().nonnegative(),
  /** Objects that could not be read to their end; see `unreadableKeys` of the piece of work. */
  unreadable: z.int().nonnegative(),
});
export type AreaCounts = z.infer<typeof areaCounts>;

export const noCounts: AreaCounts = {
  scanned: 0,
  deleted: 0,
  rewritten: 0,
  records: 0,
  unreadable: 0,
};

export const countsByArea = z.record(z.string(), areaCounts);
export type CountsByArea = z.infer<typeof countsByArea>;

export function addCounts(a: AreaCounts, b: AreaCounts): AreaCounts {
  return {
    scanned: a.scanned + b.scanned,
    deleted: a.deleted + b.deleted,
    rewritten: a.rewritten + b.rewritten,
    records: a.records + b.records,
    unreadable: a.unreadable + b.unreadable,
  };
}

export function addCountsByArea(a: CountsByArea, b: CountsByArea): CountsByArea {
  const sums = { ...a };
  for (const [area, counts] of Object.entries(b)) {
    sums[area] = addCounts(sums[area] ?? noCounts, counts);
  }
  return sums;
}

/** How many objects and items a search would change, or has. */
export function changeCount(counts: CountsByArea): number {
  return Object.values(counts).reduce(
    (sum, { deleted, rewritten }) => sum + deleted + rewritten,
    0,
  );
}
