import { type DropStore, listNewestFirst } from '../../adapters/s3/drop-store.ts';
import { readObjects } from '../../adapters/s3/immutable-objects.ts';
import { ledgerPrefix } from '../../core/mapping/file-drop.ts';
import { MARK_BYTES, MARKS_MAX, MessageMarks } from '../../core/mapping/message-marks.ts';
import type { ImportRun } from './import-run.ts';
import { ledgerKey } from './sum-up-import.ts';

/** Files of the ledger read at once. */
const READ_TOGETHER = 16;

/**
 * The events that earlier files of the mapping brought, the newest files first, as many as fit into
 * memory. This very file's own are left out: a run of it that was broken off is gone through again.
 */
export async function earlierEvents(
  store: DropStore,
  run: ImportRun,
  marksMax = MARKS_MAX,
): Promise<{ readonly taken: MessageMarks; readonly isWhole: boolean }> {
  const all = await listNewestFirst(store, ledgerPrefix(run.mappingId));
  const files = all.filter(({ key }) => key !== ledgerKey(run));
  let marks = 0;
  const read: string[] = [];
  for (const { key, bytes } of files) {
    marks += bytes / MARK_BYTES;
    if (marks > marksMax) break;
    read.push(key);
  }
  const taken = new MessageMarks(Math.min(marks, marksMax));
  for (let at = 0; at < read.length; at += READ_TOGETHER) {
    const part = await readObjects({ ...store, prefix: '' }, read.slice(at, at + READ_TOGETHER));
    for (const bytes of part.values()) taken.addAll(bytes);
  }
  return { taken, isWhole: read.length === files.length };
}
