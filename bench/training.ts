/**
 * Training beside implicit and scikit-learn: the same work, two threads each, in turns in one run, so that
 * what else the machine does meets both. `npm run bench:training [-- --rounds 5 --only svd --json]`; the peers
 * are installed into a folder of their own on the first run, see `peers/`. Gowalla where ../shared/data has it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KernelPool } from '../kernels/kernel-pool.ts';
import { atLeast, type Check, median, printChecks, shown } from './check.ts';
import { PythonPeers, pythonWithPeers } from './peers/python-peers.ts';
import { type Contest, contestsOf, normalized } from './training/contests.ts';
import { type SplitRows, splitRows } from './training/split-rows.ts';

const THREADS = 2;
/**
 * Starts are random on both sides, and so are Recalls: means over three rounds' starts and customers differ by .0007
 * (standard deviation, SVD) where nothing else does. See training/recall.ts.
 */
const RECALL_TOLERANCE = 0.002;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const split = await splitRows();
  const contests = contestsOf(split).filter(({ name }) =>
    name.toLowerCase().includes(options.only.toLowerCase()),
  );
  const folder = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  const pool = new KernelPool({ threads: THREADS });
  const python = await pythonWithPeers();
  await writeMatrix(folder, split);
  const peers =
    python === undefined
      ? undefined
      : new PythonPeers(python, folder, THREADS, split.train.columnCount);
  try {
    const checks: Check[] = [];
    for (const contest of contests)
      checks.push(...(await hold(contest, { split, pool, peers, folder })));
    printChecks(checks);
    if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
  } finally {
    peers?.close();
    await pool.close();
    await rm(folder, { recursive: true });
  }
}

async function writeMatrix(folder: string, split: SplitRows): Promise<void> {
  await writeFile(join(folder, 'offsets'), split.train.offsets);
  await writeFile(join(folder, 'columns'), split.train.columns);
  await writeFile(join(folder, 'values'), normalized(split));
}

interface Hall {
  readonly split: SplitRows;
  readonly pool: KernelPool;
  readonly peers: PythonPeers | undefined;
  readonly folder: string;
}

/** One round for both that isn't counted, then the rounds, in turns. */
async function hold(contest: Contest, { split, pool, peers, folder }: Hall): Promise<Check[]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const [ownRecalls, peersRecalls]: [number[], number[]] = [[], []];
  for (let round = 0; round <= Number(options.rounds); round++) {
    const startedMs = performance.now();
    const recall = await contest.fit(pool, round);
    const seconds = (performance.now() - startedMs) / 1000;
    const peersSeconds = await peers?.fit({ ...contest.question, seed: round });
    if (round === 0) continue;
    ours.push(seconds);
    ownRecalls.push(recall());
    if (peersSeconds === undefined) continue;
    theirs.push(peersSeconds);
    peersRecalls.push(await contest.peersRecall(folder, round));
  }
  const name = `${split.name}: ${contest.name}`;
  const ownRecall = mean(ownRecalls);
  const own = [
    shown(`${name}: seconds`, median(ours), 's'),
    shown(`${name}: Recall@20`, ownRecall, ''),
  ];
  if (peers === undefined) return own;
  const peersRecall = mean(peersRecalls);
  const ratio = median(theirs.map((seconds, round) => seconds / (ours[round] ?? Number.NaN)));
  return [
    ...own,
    shown(`${name}: ${contest.peer}, seconds`, median(theirs), 's'),
    shown(`${name}: ${contest.peer}, Recall@20`, peersRecall, ''),
    atLeast(`${name}: times as fast as ${contest.peer}`, ratio, '×', contest.ratioMin),
    atLeast(
      `${name}: Recall@20 beyond ${contest.peer}`,
      ownRecall - peersRecall,
      '',
      -RECALL_TOLERANCE,
    ),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

await main();
