import { type PrivacyStore, putExportPart } from '../../adapters/s3/search-store.ts';
import type { SearchSink } from './search-ports.ts';

/** The answer that shows a part must stay under Lambda's 6 MB, and API Gateway's 10. */
const PART_CHARACTERS_MAX = 1_000_000;

/** Writes what was found in parts, which are numbered on from `partCount`: a repeated step writes the same again. */
export function createExportSink(
  store: PrivacyStore,
  exportId: string,
  unit: number,
  partCountBefore: number,
): SearchSink {
  let partCount = partCountBefore;
  let part: string[] = [];
  let characterCount = 0;
  // Objects are looked at side by side, and parts are written one after the other.
  let writing = Promise.resolve();

  function write(): Promise<void> {
    if (part.length > 0) {
      const found = part.map((text): unknown => JSON.parse(text));
      const name = `${String(unit).padStart(5, '0')}-${String(partCount).padStart(5, '0')}.json`;
      partCount += 1;
      part = [];
      characterCount = 0;
      writing = writing.then(() => putExportPart(store, exportId, name, found));
    }
    return writing;
  }

  return {
    async take(area, key, records) {
      for (const record of records) {
        const text = JSON.stringify({ area, key, record });
        part.push(text);
        characterCount += text.length;
        if (characterCount >= PART_CHARACTERS_MAX) await write();
      }
    },
    async flush() {
      await write();
      return partCount;
    },
    changing: nothingChanges,
  };
}

const nothingChanges = () => Promise.reject(new Error('an export changes nothing'));

/** Counts alone are wanted. */
export const nothingKept: SearchSink = {
  take: async () => {},
  changing: nothingChanges,
  flush: async () => 0,
};
