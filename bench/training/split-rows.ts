import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SparseRows } from '../../kernels/sparse-rows.ts';

/** What a model is trained on, and what each customer did afterwards. */
export interface SplitRows {
  readonly name: string;
  readonly train: SparseRows;
  /** Items of each row of `train`. */
  readonly test: readonly (readonly number[])[];
}

const gowalla = join(import.meta.dirname, '../../../shared/data/gowalla');

/** Gowalla where it lies beside the repository, else interactions that are made up and like it. */
export async function splitRows(): Promise<SplitRows> {
  if (!existsSync(gowalla)) {
    process.stderr.write(
      'gowalla: skipped, ../shared/data is absent; generated interactions instead\n',
    );
    return generated();
  }
  const [train, test] = await Promise.all(['train', 'test'].map(readRows));
  if (train === undefined || test === undefined) throw new Error('unreachable');
  const columnCount = 1 + [...train, ...test].flat().reduce((max, item) => Math.max(max, item), 0);
  return { name: 'gowalla', train: sparse(train, columnCount), test };
}

/** A line is `user item item …`, users in order. */
async function readRows(part: string): Promise<number[][]> {
  const text = gunzipSync(await readFile(join(gowalla, `${part}.txt.gz`))).toString();
  const rows: number[][] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [user = 0, ...items] = line.trim().split(' ').map(Number);
    rows[user] = items;
  }
  return Array.from(rows, (items) => items ?? []);
}

const CUSTOMERS = 30_000;
const ITEMS = 40_000;
const TASTES = 200;
/** Of a customer's items, those of a taste: the rest are what everybody takes. */
const TASTE_SHARE = 0.6;

/**
 * Items have a popularity of rank^-0.8 and one taste; a customer has two tastes and 10 to 600 items, few of
 * them many (a power law). One in five is held out.
 */
function generated(): SplitRows {
  const random = generator(1);
  const pick = (from: number, count: number) =>
    Math.min(count - 1, Math.floor(count * random() ** (1 / 0.2)) + from);
  const train: number[][] = [];
  const test: number[][] = [];
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    const tastes = [Math.floor(random() * TASTES), Math.floor(random() * TASTES)];
    const wanted = Math.min(600, Math.floor(10 * (1 - random()) ** -0.7));
    const items = new Set<number>();
    for (let at = 0; at < wanted; at++) {
      const rank = pick(0, ITEMS);
      const taste = tastes[at % 2] ?? 0;
      const isOfTaste = random() < TASTE_SHARE;
      items.add(isOfTaste ? Math.min(ITEMS - 1, rank - (rank % TASTES) + taste) : rank);
    }
    const all = [...items];
    train.push(all.filter((_, at) => at % 5 !== 4));
    test.push(all.filter((_, at) => at % 5 === 4));
  }
  return { name: 'generated', train: sparse(train, ITEMS), test };
}

function sparse(rows: readonly (readonly number[])[], columnCount: number): SparseRows {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [row, items] of rows.entries()) offsets[row + 1] = (offsets[row] ?? 0) + items.length;
  const columns = new Uint32Array(offsets.at(-1) ?? 0);
  for (const [row, items] of rows.entries()) columns.set(items, offsets[row]);
  return { offsets, columns, columnCount };
}

/** The same numbers in [0, 1) every time (a linear congruence of 48 bits, as drand48's). */
function generator(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 0x5deece66dn + 11n) & 0xffff_ffff_ffffn;
    return Number(state) / 2 ** 48;
  };
}
