/**
 * One point of the curve, in a process of its own so that its peak of memory is its own:
 * `node bench/growth/train-once.ts <rows> <threads>`. It makes up a snapshot, then measures from the snapshot's columns
 * to the published model's files: decode, group by customer, weigh, co-occurrence, encode with checksums, write. The
 * answer is one line of JSON.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Item } from '../../core/catalogue/item.ts';
import { prepareFit } from '../../core/training/fit.ts';
import { type Interactions, timeRange } from '../../core/training/interactions.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { parametersAtStart } from '../../core/training/tune.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { kernelSimilarity } from './kernel-similarity.ts';
import { powerLawInteractions } from './power-law.ts';

const SEED = 1;
const [, , rowsText = '1e5', threadsText = '2'] = process.argv;

const interactions = powerLawInteractions(Number(rowsText), SEED);
const items = Array.from({ length: interactions.itemCount }, (_, index) => itemOf(index));
// What making it up has left behind is not training's.
globalThis.gc?.();
const startedMs = performance.now();
const files = await publishedFiles(interactions, Number(threadsText));
const folder = await mkdtemp(join(tmpdir(), 'kindred-growth-'));
let bytes = 0;
for (const [name, content] of files) {
  await writeFile(join(folder, name), content);
  bytes += content.byteLength;
}
const seconds = (performance.now() - startedMs) / 1000;
await rm(folder, { recursive: true });
// maxRSS is in kilobytes on every system that Node knows.
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(
  JSON.stringify({
    rows: interactions.items.length,
    customers: interactions.customerCount,
    items: items.length,
    seconds,
    peakBytes,
    modelBytes: bytes,
  }),
);

async function publishedFiles(given: Interactions, threads: number) {
  const asOfS = (timeRange(given)?.newestS ?? 0) + 1;
  const prepared = prepareFit({ interactions: given, items }, asOfS);
  const pool = new KernelPool({ threads });
  try {
    const neighbours = await kernelSimilarity(pool, prepared, parametersAtStart);
    const { popular, trending, indexOf } = prepared;
    return encodeModel({
      id: 'growth',
      asOfMs: asOfS * 1000,
      parameters: parametersAtStart,
      items,
      indexOf,
      neighbours,
      popular,
      trending,
    });
  } finally {
    await pool.close();
  }
}

function itemOf(index: number): Item {
  return {
    itemId: `item-${index}`,
    title: `Item ${index}`,
    price: 10,
    currency: 'EUR',
    url: `https://shop.example/${index}`,
    imageUrl: '',
    category: '',
    brand: '',
    available: true,
    updatedAtMs: 0,
  };
}
