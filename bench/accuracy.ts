/**
 * The figures of accuracy that the project promises: `npm run bench:accuracy [-- --only gowalla --json]`. Real data
 * from ../shared/data; a part whose data is absent is skipped with a line that says so.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateSplit } from '../cli/evaluate/evaluate-split.ts';
import { TRAINING_SEED } from '../core/training/candidate.ts';
import type { RecipeName } from '../core/training/holdout/recipes.ts';
import { HOLDOUT_DAYS_DEFAULT } from '../core/training/split.ts';
import { openTrainingThreads } from '../core/training/training-threads.ts';
import { tune } from '../core/training/tune.ts';
import { heldOut, judgedCandidate } from '../examples/judged-candidate.ts';
import { ORDERS, readOnlineRetail } from '../examples/online-retail-orders.ts';
import { above, atLeast, atMost, type Check, printChecks, shown } from './check.ts';

const GOWALLA = join(import.meta.dirname, '../../shared/data/gowalla');
const TOP = 20;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const parts: Readonly<Record<string, () => Promise<Check[]>>> = {
  'gowalla fast': gowallaFast,
  'gowalla best': gowallaBest,
  'online-retail': onlineRetail,
};

const threads = openTrainingThreads();

async function main(): Promise<void> {
  const checks: Check[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (name.includes(options.only.toLowerCase())) checks.push(...(await part()));
  }
  printChecks(checks);
  if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function gowalla(model: RecipeName | 'best') {
  if (!existsSync(GOWALLA)) {
    process.stderr.write(`gowalla: skipped, ${GOWALLA} is absent\n`);
    return undefined;
  }
  return evaluateSplit({
    trainFile: join(GOWALLA, 'train.txt.gz'),
    testFile: join(GOWALLA, 'test.txt.gz'),
    model,
    size: TOP,
    budgetS: 300,
    trialsMax: 40,
    seed: 1,
    onProgress: () => {},
  });
}

async function gowallaFast(): Promise<Check[]> {
  const found = await gowalla('similarity');
  if (found === undefined) return [];
  const name = 'Gowalla, similarity';
  return [
    atLeast(`${name}: Recall@20`, found.recall, '', 0.187),
    atLeast(`${name}: NDCG@20`, found.ndcg, '', 0.155),
    atMost(`${name}: training`, found.seconds.train, 's', 2),
    shown(`${name}: search before`, found.seconds.search, 's'),
    shown(`${name}: peak memory`, found.peakMemoryMegabytes, 'MB'),
  ];
}

async function gowallaBest(): Promise<Check[]> {
  const found = await gowalla('best');
  if (found === undefined) return [];
  const name = 'Gowalla, best blend';
  return [
    above(`${name}: Recall@20`, found.recall, '', 0.192),
    above(`${name}: NDCG@20`, found.ndcg, '', 0.1597),
    shown(`${name}: training`, found.seconds.train, 's'),
    shown(`${name}: search before`, found.seconds.search, 's'),
    shown(`${name}: peak memory`, found.peakMemoryMegabytes, 'MB'),
  ];
}

/** Tuned on the 30 days before the split alone. */
async function onlineRetail(): Promise<Check[]> {
  const data = await readOnlineRetail();
  if (data === undefined) {
    process.stderr.write(`online-retail: skipped, ${ORDERS} is absent\n`);
    return [];
  }
  const split = heldOut(data, HOLDOUT_DAYS_DEFAULT);
  const tuning = await tune(threads, data, split, TRAINING_SEED);
  const { report } = await judgedCandidate({ threads, data, split, tuning });
  const bounds = { fresh: 0.13, all: 0.235 } as const;
  return (['fresh', 'all'] as const).flatMap((question) => {
    const figures = report.candidate[question];
    const name = `Online Retail, time-aware, ${question === 'all' ? 'all' : 'new'} items`;
    return [
      atLeast(`${name}: NDCG@12`, figures.ndcg, '', bounds[question]),
      shown(`${name}: 95 % interval from`, figures.ndcgInterval.lower, ''),
      shown(`${name}: 95 % interval to`, figures.ndcgInterval.upper, ''),
      shown(`${name}: hit@12`, figures.hit, ''),
      shown(`${name}: Recall@12`, figures.recall, ''),
      shown(`${name}: MRR@12`, figures.mrr, ''),
      shown(`${name}: NDCG@12 of popularity`, report.popularity[question].ndcg, ''),
      shown(`${name}: NDCG@12 of trending`, report.trending[question].ndcg, ''),
      shown(`${name}: customers`, figures.customers, ''),
    ];
  });
}

await main();
