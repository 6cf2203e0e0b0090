import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeItems } from '../../core/training/artefact.ts';
import { kindOf } from '../../core/training/interactions.ts';
import { decodeModel } from '../../core/training/model-file.ts';
import { decayedPopularity, trendingRise } from '../../core/training/popularity.ts';
import { scoreHistory } from '../../core/training/score.ts';
import { checkerboard, DAY_S, START_S } from '../training/training-data.ts';

const root = join(import.meta.dirname, '..', '..');
const script = join(root, 'statemachines', 'spark', 'train_als.py');
const DAYS = 40;
const UNTIL_S = START_S + 30 * DAY_S;

/** Of the repository's own environment, else of the machine; undefined where Java or PySpark is missing. */
const python = [join(root, '.kindred', 'spark', 'bin', 'python'), 'python3'].find(
  (command) =>
    (command === 'python3' || existsSync(command)) &&
    spawnSync('java', ['-version']).status === 0 &&
    spawnSync(command, ['-c', 'import pyspark, numpy']).status === 0,
);
if (python === undefined) {
  process.stderr.write(
    'spark training: skipped, Java or PySpark is missing (statemachines/spark/requirements.txt)\n',
  );
}

describe.skipIf(python === undefined)('training on Spark', () => {
  const board = checkerboard({ customers: 80, items: 60, days: DAYS, seed: 7 });
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kindred-spark-'));
    await mkdir(join(folder, 'snapshot'));
    await writeFile(join(folder, 'snapshot', 'items.jsonl'), encodeItems(board.items));
    const { customers, items, kinds, timesS } = board.interactions;
    const lines = Array.from(customers, (customer, row) =>
      JSON.stringify({
        customer,
        item_id: `i${items[row]}`,
        kind: kindOf(kinds[row] ?? 0),
        occurred_at: new Date((timesS[row] ?? 0) * 1000).toISOString().slice(0, -1),
      }),
    );
    await writeFile(join(folder, 'rows.jsonl'), lines.join('\n'));
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (SELECT customer::UINTEGER AS customer, item_id, kind, occurred_at::TIMESTAMP AS occurred_at
      FROM read_json('${folder}/rows.jsonl')) TO '${folder}/snapshot/interactions.parquet' (FORMAT parquet, COMPRESSION zstd)`);
    await promisify(execFile)(
      python ?? '',
      [
        script,
        ...['--snapshot', `${folder}/snapshot/`, '--output', `${folder}/model/`],
        ...['--until', String(UNTIL_S), '--model-id', 'spark-1', '--factors', '8'],
        ...['--neighbours', '20', '--iterations', '5'],
      ],
      {
        env: {
          ...process.env,
          PYSPARK_PYTHON: python,
          PYSPARK_SUBMIT_ARGS:
            '--master local[1] --driver-memory 1g --conf spark.sql.shuffle.partitions=2 --conf spark.ui.enabled=false pyspark-shell',
        },
      },
    );
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function model() {
    const names = await readdir(join(folder, 'model'));
    expect(names.sort()).toEqual(['items.jsonl', 'manifest.json', 'model.bin']);
    const files = new Map<string, Uint8Array>();
    for (const name of names) files.set(name, await readFile(join(folder, 'model', name)));
    const decoded = decodeModel(files);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.model;
  }

  it('writes a model that is read, checked and served as ours is', async () => {
    const { id, items, asOfMs } = await model();
    expect([id, asOfMs]).toEqual(['spark-1', UNTIL_S * 1000]);
    expect(items).toEqual(board.items);
  });

  it('counts popularity and trend as the product does, and nothing of after its time', async () => {
    const { popular, trending } = await model();
    const known = decayedPopularity(board.interactions, UNTIL_S);
    const rise = trendingRise(board.interactions, UNTIL_S);
    for (const [item, value] of known.entries()) expect(popular[item]).toBeCloseTo(value, 4);
    for (const [item, value] of rise.entries()) expect(trending[item]).toBeCloseTo(value, 4);
  });

  it('learns the pattern: an odd item’s neighbours are odd, and never itself', async () => {
    const trained = await model();
    const nowMs = UNTIL_S * 1000;
    for (const item of [1, 2, 31, 40]) {
      const history = [{ itemId: `i${item}`, kind: 'view' as const, timeMs: nowMs - 1000 }];
      const scores = scoreHistory(trained, history, nowMs);
      expect(scores[item]).toBe(0);
      const best = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
      const alike = best.slice(0, 10).filter((other) => other % 2 === item % 2);
      expect(alike.length).toBeGreaterThanOrEqual(9);
    }
  });
});
