import { correctManifest } from '../../adapters/s3/export-store.ts';
import {
  type ExportedRecord,
  exportedFormat,
  readExportedPart,
  replaceExportedPart,
} from '../../adapters/s3/exported-part.ts';
import type { TextStore } from '../../adapters/s3/text-objects.ts';
import type { Trace } from '../../core/privacy/trace.ts';
import { type ObjectOutcome, type SearchPorts, UNTOUCHED } from './search-ports.ts';
import { untilUnchanged } from './search-text.ts';

/**
 * An export that began just after an erasure may have read the profile just before it went. What a new relationship
 * loses by this are lists in the files of one hour.
 */
const OVERLAP_MS = 3_600_000;

/** A file of recommendation lists: the person's rows go, in whatever form they are, and the manifest is told. */
export function searchExported(
  store: TextStore,
  key: string,
  ports: SearchPorts,
): Promise<ObjectOutcome> {
  if (exportedFormat(key) === undefined || !key.includes('/customers/')) {
    return Promise.resolve(UNTOUCHED);
  }
  return untilUnchanged(async () => {
    const part = await readExportedPart(store, key);
    if (part === undefined) return UNTOUCHED;
    const isTheirs = (row: ExportedRecord) => isOfPerson(row, ports.trace);
    const found = part.rows.filter(isTheirs);
    if (found.length === 0) return UNTOUCHED;
    await ports.sink.take('recommendation lists', key, found);
    const outcome = { ...UNTOUCHED, records: found.length };
    if (!ports.isErasing) return outcome;
    const changed = { ...outcome, rewritten: 1 };
    await ports.sink.changing('recommendation lists', key, changed);
    const bytes = part.without((row) => !isTheirs(row));
    // The manifest first: repeated after a crash in between, the rows are found again.
    await correctManifest(store, key, part.rows.length - found.length, bytes);
    await replaceExportedPart(store, key, part, bytes);
    return changed;
  });
}

function isOfPerson({ customer, identities, generated_at }: ExportedRecord, trace: Trace): boolean {
  if (!trace.isIn(`${String(customer)} ${String(identities)}`)) return false;
  const generatedMs =
    generated_at instanceof Date ? generated_at.getTime() : Date.parse(String(generated_at));
  const time = new Date((Number.isNaN(generatedMs) ? 0 : generatedMs) - OVERLAP_MS).toISOString();
  return trace.isMeant({ timestamp: time, receivedAt: time });
}
