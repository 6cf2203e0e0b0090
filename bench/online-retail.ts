/**
 * The model against 14-day popularity on real orders (UCI Online Retail), straight from the file:
 * `node bench/online-retail.ts [--json]`. Rows are kept as the importer keeps them: a customer, a
 * product code (five digits first), a positive price and quantity, no cancelled invoice. The last 30
 * days are held out; parameters are tuned without them.
 */
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { Item } from '../core/catalogue/item.ts';
import {
  evaluateCandidate,
  fitBeforeTest,
  fitOnAll,
  TRAINING_SEED,
} from '../core/training/candidate.ts';
import { fitModel, type TrainingData } from '../core/training/fit.ts';
import { decide } from '../core/training/gate.ts';
import { PURCHASE, timeRange } from '../core/training/interactions.ts';
import { HOLDOUT_DAYS_DEFAULT, splitByTime } from '../core/training/split.ts';
import { tune } from '../core/training/tune.ts';

const ORDERS = fileURLToPath(
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

async function main(): Promise<void> {
  const data = await readOnlineRetail();
  if (data === undefined) {
    console.log(`online-retail: skipped, ${ORDERS} is absent`);
    return;
  }
  const range = timeRange(data.interactions);
  const outcome = range && splitByTime(range, HOLDOUT_DAYS_DEFAULT);
  if (!outcome?.ok) throw new Error(outcome?.reason ?? 'no interactions');
  const { split } = outcome;
  const startMs = performance.now();
  const tuning = tune(data, split, TRAINING_SEED);
  const tunedMs = performance.now();
  const candidate = fitModel('candidate', fitBeforeTest(data, split), tuning.parameters);
  const report = evaluateCandidate({ snapshotId: 'bench', data, split, candidate, tuning });
  const evaluatedMs = performance.now();
  fitModel('final', fitOnAll(data, split), tuning.parameters);
  const fittedMs = performance.now();
  const seconds = {
    tune: (tunedMs - startMs) / 1000,
    evaluate: (evaluatedMs - tunedMs) / 1000,
    finalFit: (fittedMs - evaluatedMs) / 1000,
  };
  const verdict = decide(report);
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ report, verdict, seconds }, null, 2));
    return;
  }
  const { popularity, candidate: model, versusPopularity } = report;
  for (const question of ['all', 'fresh'] as const) {
    const [theirs, ours] = [popularity[question], model[question]];
    const { lower, upper } = versusPopularity[question];
    console.log(
      `${question.padEnd(6)} n ${ours.customers}  NDCG@12 popularity ${theirs.ndcg.toFixed(4)} ` +
        `model ${ours.ndcg.toFixed(4)} (difference ${lower.toFixed(4)} … ${upper.toFixed(4)})  ` +
        `hit@12 ${theirs.hit.toFixed(3)} ${ours.hit.toFixed(3)}`,
    );
  }
  console.log(`${verdict.promoted ? 'promoted' : 'rejected'}: ${verdict.reasons.join('; ')}`);
  console.log(`parameters ${JSON.stringify(tuning.parameters)}, ${tuning.trials.length} trials`);
  console.log(
    `seconds ${JSON.stringify(seconds)}, memory ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
}

if (import.meta.main) await main();
