/**
 * Makes up a snapshot and writes its files: `node bench/growth/make-snapshot.ts <rows> <folder>`. In a process of its
 * own, so that its memory is none of training's.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Item } from '../../core/catalogue/item.ts';
import { snapshotDrops, snapshotFacts } from '../../core/quality/snapshot-facts.ts';
import { snapshotOf } from '../../core/training/snapshot-facts-of.ts';
import { encodeSnapshot } from '../../core/training/snapshot-file.ts';
import { powerLawInteractions } from './power-law.ts';

const SEED = 1;
const [, , rowsText = '1e5', folder = '.'] = process.argv;

const interactions = powerLawInteractions(Number(rowsText), SEED);
const items = Array.from({ length: interactions.itemCount }, (_, index) => itemOf(index));
const noDrops = Object.fromEntries(snapshotDrops.map((reason) => [reason, 0]));
const built = snapshotOf(
  {
    interactions,
    figures: { newestReceivedMs: undefined, dropped: snapshotFacts.shape.dropped.parse(noDrops) },
  },
  { items, malformedItems: 0, days: [], createdAt: new Date(0) },
);
for (const [name, content] of encodeSnapshot('growth', built)) {
  await writeFile(join(folder, name), content);
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
