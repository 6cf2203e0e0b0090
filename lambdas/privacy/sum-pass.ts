import { type PrivacyStore, readProgress } from '../../adapters/s3/search-store.ts';
import { addCountsByArea, type CountsByArea } from '../../core/privacy/counts.ts';
import type { SearchUnit } from '../../core/privacy/search.ts';

/** What all pieces of a pass have found. */
export interface PassSum {
  readonly counts: CountsByArea;
  readonly doneCount: number;
}

/** Requests at once: a pass has a thousand pieces and more. */
const READS_AT_ONCE = 32;

export async function sumPass(
  store: PrivacyStore,
  searchId: string,
  pass: number,
  units: readonly SearchUnit[],
): Promise<PassSum> {
  let counts: CountsByArea = {};
  let doneCount = 0;
  for (let from = 0; from < units.length; from += READS_AT_ONCE) {
    const some = units.slice(from, from + READS_AT_ONCE);
    const read = await Promise.all(
      some.map((_, index) => readProgress(store, { searchId, pass, unit: from + index })),
    );
    for (const [index, progress] of read.entries()) {
      const area = some[index]?.area;
      if (progress === undefined || area === undefined) continue;
      if (progress.isDone) doneCount += 1;
      counts = addCountsByArea(counts, {
        [area]: progress.counts,
      });
    }
  }
  return { counts, doneCount };
}
