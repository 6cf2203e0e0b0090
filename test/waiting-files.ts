import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/**
 * Files that for most of their time wait for what the product does by the clock: settling times of erasures,
 * the function’s look at the current model, a minute of faults. The longest come first. Three of them at
 * once fits two cores, where those that compute would only be slower and miss their own deadlines.
 */
export const WAITING_FILES: readonly string[] = [
  'test/integration/erasure.test.ts',
  'test/integration/durability-throttled.test.ts',
  'test/integration/learn/failures-cloud.test.ts',
  'test/integration/erasure-suppressed.test.ts',
  'test/integration/recommendation-exports.test.ts',
  'test/integration/serving-guides.test.ts',
];

/** Vitest's own order, larger files first, knows nothing of waiting. */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = WAITING_FILES.findIndex((file) => moduleId.endsWith(`/${file}`));
  return place === -1 ? WAITING_FILES.length : place;
}
