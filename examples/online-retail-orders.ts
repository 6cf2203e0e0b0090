import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { Item } from '../core/catalogue/item.ts';
import type { TrainingData } from '../core/training/fit.ts';
import { PURCHASE } from '../core/training/interactions.ts';

/** Where the real orders lie beside a checkout; not part of the project. */
export const ORDERS = fileURLToPath(
  new URL('../../shared/data/online-retail/orders.csv.gz', import.meta.url),
);

/** Reads the file into columns; `undefined` where it is absent. */
export async function readOnlineRetail(file: string = ORDERS): Promise<TrainingData | undefined> {
  if (!existsSync(file)) return undefined;
  const customers = new Map<string, number>();
  const itemIndex = new Map<string, number>();
  const rows: { customer: number; item: number; timeS: number }[] = [];
  const parser = parse({ columns: true });
  const reading = pipeline(createReadStream(file), createGunzip(), parser);
  for await (const row of parser as AsyncIterable<Record<string, string>>) {
    if (!isProductSale(row)) continue;
    rows.push({
      customer: indexIn(customers, row.CustomerID ?? ''),
      item: indexIn(itemIndex, row.StockCode ?? ''),
      timeS: Date.parse(row.InvoiceDate ?? '') / 1000,
    });
  }
  await reading;
  return {
    interactions: {
      customers: Uint32Array.from(rows, (row) => row.customer),
      items: Uint32Array.from(rows, (row) => row.item),
      kinds: new Uint8Array(rows.length).fill(PURCHASE),
      timesS: Uint32Array.from(rows, (row) => row.timeS),
      customerCount: customers.size,
      itemCount: itemIndex.size,
    },
    items: [...itemIndex.keys()].map(bareItem),
  };
}

function isProductSale(row: Record<string, string>): boolean {
  return (
    row.CustomerID !== '' &&
    row.InvoiceNo?.startsWith('C') === false &&
    /^\d{5}/.test(row.StockCode ?? '') &&
    Number(row.Quantity) > 0 &&
    Number(row.UnitPrice) > 0
  );
}

function indexIn(dictionary: Map<string, number>, key: string): number {
  const known = dictionary.get(key);
  if (known !== undefined) return known;
  dictionary.set(key, dictionary.size);
  return dictionary.size - 1;
}

function bareItem(itemId: string): Item {
  return {
    itemId,
    title: itemId,
    price: null,
    currency: 'GBP',
    url: '',
    imageUrl: '',
    category: '',
    brand: '',
    available: true,
    updatedAtMs: 0,
  };
}
