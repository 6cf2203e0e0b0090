/**
 * How training grows: from a snapshot's columns to a published model's files, in seconds, peak memory and dollars, for
 * interactions that are made up by a power law. `npm run bench:growth [-- --max 1e6 --threads 2 --json --write]`; each
 * size runs in a process of its own. `--write` puts the table and the plot into docs/reference/.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as z from 'zod';
import { atMost, type Check, printChecks, shown } from './check.ts';
import { type Point, priced } from './growth/cost.ts';
import { growthPlot } from './growth/plot.ts';

const SIZES = [1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8];
/** What a run takes at most, made-up interactions and the model's two copies included. */
const BYTES_PER_ROW = 260;
const GB = 1024 ** 3;
/** Ten times the interactions take at most so many times as long: near-linear. */
const GROWTH_MAX = 14;
const LIMITS: ReadonlyMap<number, { readonly seconds: number; readonly gigabytes?: number }> =
  new Map([
    [1e6, { seconds: 10 }],
    [1e7, { seconds: 100, gigabytes: 2 }],
  ]);

const reference = join(import.meta.dirname, '../docs/reference');
const { values: options } = parseArgs({
  options: {
    max: { type: 'string', default: '1e7' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const measured = z.object({
  rows: z.number(),
  customers: z.number(),
  items: z.number(),
  seconds: z.number(),
  peakBytes: z.number(),
  modelBytes: z.number(),
});

async function main(): Promise<void> {
  const points: Point[] = [];
  for (const rows of SIZES) {
    if (rows > Number(options.max)) break;
    if (rows * BYTES_PER_ROW > freemem()) {
      process.stderr.write(`${rows} interactions: skipped, this machine has too little memory\n`);
      break;
    }
    const point = await measure(rows);
    points.push(point);
    process.stderr.write(`${rowOf(point)}\n`);
  }
  if (options.write) await writeReference(points);
  const checks = checksOf(points);
  if (options.json) console.log(JSON.stringify({ points: points.map(withPrice), checks }, null, 2));
  else printChecks(checks);
  if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function measure(rows: number): Promise<Point> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-growth-'));
  try {
    await run('make-snapshot.ts', [String(rows), folder]);
    return measured.parse(JSON.parse(await run('train-once.ts', [folder, options.threads])));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a script of the folder prints, run by itself. */
async function run(script: string, values: readonly string[]): Promise<string> {
  const path = join(import.meta.dirname, 'growth', script);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...values]);
  return stdout;
}

function withPrice(point: Point) {
  return { ...point, ...priced(point) };
}

function checksOf(points: readonly Point[]): Check[] {
  const checks: Check[] = [];
  for (const { rows, seconds, peakBytes } of points) {
    const limit = LIMITS.get(rows);
    const name = `${rows.toExponential().replace('+', '')} interactions`;
    checks.push(
      limit === undefined
        ? shown(`${name}: columns to model`, seconds, 's')
        : atMost(`${name}: columns to model`, seconds, 's', limit.seconds),
    );
    const gigabytes = peakBytes / GB;
    checks.push(
      limit?.gigabytes === undefined
        ? shown(`${name}: peak memory`, gigabytes, 'GB')
        : atMost(`${name}: peak memory`, gigabytes, 'GB', limit.gigabytes),
    );
    const tenth = points.find((other) => other.rows * 10 === rows);
    if (tenth !== undefined && tenth.rows >= 1e6) {
      checks.push(atMost(`${name}: beside a tenth`, seconds / tenth.seconds, 'times', GROWTH_MAX));
    }
  }
  return checks;
}

function rowOf(point: Point): string {
  const { rows, customers, items, seconds, peakBytes, modelBytes } = point;
  const { tier, dollars } = priced(point);
  const cells = [
    rows.toLocaleString('en'),
    customers.toLocaleString('en'),
    items.toLocaleString('en'),
    seconds.toFixed(1),
    (peakBytes / GB).toFixed(2),
    (modelBytes / 1024 ** 2).toFixed(0),
    tier,
    dollars.toFixed(5),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function writeReference(points: readonly Point[]): Promise<void> {
  const file = join(reference, 'training-growth.md');
  const text = await readFile(file, 'utf8');
  const head =
    '| interactions | customers | items | seconds | peak GB | model MB | tier | dollars |\n' +
    '| ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |';
  const table = [head, ...points.map(rowOf)].join('\n');
  const [before = '', rest = ''] = text.split('<!-- growth -->\n');
  const [, after = ''] = rest.split('\n<!-- /growth -->');
  await writeFile(file, `${before}<!-- growth -->\n${table}\n<!-- /growth -->${after}`);
  await writeFile(join(reference, 'training-growth.svg'), growthPlot(points));
}

await main();
