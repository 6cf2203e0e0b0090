/**
 * One point of the curve, in a process of its own so that its peak of memory is its own:
 * `node bench/growth/train-once.ts <folder> <threads>`. The folder holds a snapshot's files (make-snapshot.ts). Measured
 * is the way from there to the published model's files, as the workflow's last step goes it: read, check, decode, group
 * by customer, weigh, co-occurrence, encode with checksums, write. The answer is one line of JSON.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fitServedModel, prepareFit } from '../../core/training/fit.ts';
import { timeRange } from '../../core/training/interactions.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import {
  type DecodedSnapshot,
  decodeSnapshot,
  INTERACTIONS_FILE,
  ITEMS_FILE,
  MANIFEST_FILE,
} from '../../core/training/snapshot-file.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { parametersAtStart } from '../../core/training/tune.ts';

const [, , folder = '.', threadsText = '2'] = process.argv;

const startedMs = performance.now();
const snapshot = await readSnapshot();
const files = await publishedFiles(snapshot, Number(threadsText));
const modelFolder = join(folder, 'model');
await mkdir(modelFolder);
let modelBytes = 0;
for (const [name, content] of files) {
  await writeFile(join(modelFolder, name), content);
  modelBytes += content.byteLength;
}
const seconds = (performance.now() - startedMs) / 1000;
// maxRSS is in kilobytes on every system that Node knows.
const peakBytes = process.resourceUsage().maxRSS * 1024;
const { interactions, items } = snapshot;
console.log(
  JSON.stringify({
    rows: interactions.items.length,
    customers: interactions.customerCount,
    items: items.length,
    seconds,
    peakBytes,
    modelBytes,
  }),
);

async function readSnapshot(): Promise<DecodedSnapshot> {
  const contents = new Map<string, Uint8Array>();
  for (const name of [MANIFEST_FILE, INTERACTIONS_FILE, ITEMS_FILE]) {
    contents.set(name, await readFile(join(folder, name)));
  }
  const decoded = decodeSnapshot(contents);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

async function publishedFiles(data: DecodedSnapshot, threadCount: number) {
  const asOfS = (timeRange(data.interactions)?.newestS ?? 0) + 1;
  const threads = openTrainingThreads(threadCount);
  try {
    const model = await fitServedModel(
      threads,
      'growth',
      prepareFit(data, asOfS),
      parametersAtStart,
    );
    return encodeModel(model);
  } finally {
    await threads.close();
  }
}
