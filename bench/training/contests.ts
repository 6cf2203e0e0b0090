import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cooccurrence, type Neighbours } from '../../kernels/cooccurrence.ts';
import { type Factors, implicitFactors } from '../../kernels/implicit-factors.ts';
import type { KernelPool } from '../../kernels/kernel-pool.ts';
import { damped, degreesOf } from '../../kernels/sparse-rows.ts';
import { truncatedSvd } from '../../kernels/truncated-svd.ts';
import { factorScorer, itemsOf, recallOf, similarityScorer } from './recall.ts';
import type { SplitRows } from './split-rows.ts';

/** The same training by us and by a peer. */
export interface Contest {
  readonly name: string;
  readonly peer: string;
  /** What the peer is asked, see `peers/peer.py`. */
  readonly question: Readonly<Record<string, string | number>>;
  /** At least so many times as fast is promised. */
  readonly ratioMin: number;
  /** Fits ours from the seed of a round and returns a way to its Recall@20. */
  readonly fit: (pool: KernelPool, round: number) => Promise<() => number>;
  /** Recall@20 of what the peer left in the folder, judged on the same customers. */
  readonly peersRecall: (folder: string, round: number) => Promise<number>;
}

const NEIGHBOURS = 100;
const ALS = { factors: 64, weight: 10, regularization: 1, iterations: 15, steps: 3 };
const SVD = { components: 256, oversampling: 10, powerIterations: 4 };

export function contestsOf(split: SplitRows): readonly Contest[] {
  return [similarity(split), factors(split), svd(split)];
}

/** The cosine of binary data: d_i^-½ · d_j^-½ · how many have both. */
function similarity(split: SplitRows): Contest {
  const { train } = split;
  const ones = new Float32Array(train.columns.length).fill(1);
  const degrees = degreesOf(train);
  const scale = damped(degrees.columns, 0.5);
  const recall = (neighbours: Neighbours, round: number) =>
    recallOf(split, round, similarityScorer(train, neighbours));
  return {
    name: `item similarity, K=${NEIGHBOURS}`,
    peer: 'implicit CosineRecommender',
    question: { task: 'similarity', neighbours: NEIGHBOURS },
    ratioMin: 2.5,
    fit: async (pool, round) => {
      const neighbours = await cooccurrence(pool, {
        matrix: train,
        sourceWeights: ones,
        targetWeights: ones,
        rowScale: damped(degrees.rows, 0),
        sourceScale: scale,
        targetScale: scale,
        neighboursMax: NEIGHBOURS,
        // As implicit does: an item is its own best neighbour.
        keepsSelf: true,
      });
      return () => recall(neighbours, round);
    },
    peersRecall: async (folder, round) => {
      const found = {
        offsets: await words(folder, 'similarity.offsets'),
        indices: await words(folder, 'similarity.indices'),
        scores: await floats(folder, 'similarity.scores'),
      };
      return recall(found, round);
    },
  };
}

function factors(split: SplitRows): Contest {
  const { train } = split;
  const weights = new Float32Array(train.columns.length).fill(ALS.weight);
  const width = ALS.factors;
  const recall = ({ rows, columns }: Pick<Factors, 'rows' | 'columns'>, round: number) =>
    recallOf(
      split,
      round,
      factorScorer(columns, width, (row) => rows.subarray(row * width, (row + 1) * width)),
    );
  return {
    name: `iALS, ${width} factors, ${ALS.iterations} iterations, ${ALS.steps} CG steps`,
    peer: 'implicit AlternatingLeastSquares',
    question: { task: 'factors', ...ALS },
    ratioMin: 2,
    fit: async (pool, round) => {
      const { regularization, iterations, steps } = ALS;
      const settings = { factorCount: width, regularization, iterations, steps, seed: round };
      const found = await implicitFactors(pool, { matrix: train, weights, ...settings });
      return () => recall(found, round);
    },
    peersRecall: async (folder, round) => {
      const found = {
        rows: await floats(folder, 'factors.rows'),
        columns: await floats(folder, 'factors.columns'),
      };
      return recall(found, round);
    },
  };
}

/** Of the matrix with its rows and columns normalised, as GF-CF's ideal low-pass filter takes it. */
function svd(split: SplitRows): Contest {
  const { train } = split;
  const values = normalized(split);
  const width = SVD.components;
  const columnDegrees = degreesOf(train).columns;
  // r_u D^-½ V Vᵀ D^½
  const recall = (right: Float32Array, round: number) =>
    recallOf(split, round, (row, scores) => {
      const vector = new Float64Array(width);
      for (const item of itemsOf(train, row)) {
        const by = (columnDegrees[item] as number) ** -0.5;
        for (let at = 0; at < width; at++) {
          vector[at] = (vector[at] as number) + by * (right[item * width + at] as number);
        }
      }
      factorScorer(right, width, () => vector)(row, scores);
      for (let item = 0; item < scores.length; item++) {
        scores[item] = (scores[item] as number) * (columnDegrees[item] as number) ** 0.5;
      }
    });
  return {
    name: `SVD, ${width} components, ${SVD.powerIterations} power iterations`,
    peer: 'scikit-learn randomized_svd',
    question: { task: 'svd', ...SVD },
    ratioMin: 2,
    fit: async (pool, round) => {
      const { components: componentCount, oversampling, powerIterations } = SVD;
      const settings = { componentCount, oversampling, powerIterations, seed: round };
      const { right } = await truncatedSvd(pool, { matrix: train, values, ...settings });
      return () => recall(right, round);
    },
    peersRecall: async (folder, round) => recall(await floats(folder, 'svd.right'), round),
  };
}

/** w_ui · d_u^-½ · d_i^-½ */
export function normalized({ train }: SplitRows): Float32Array {
  const degrees = degreesOf(train);
  const values = new Float32Array(train.columns.length);
  for (let row = 0; row + 1 < train.offsets.length; row++) {
    for (let at = train.offsets[row] as number; at < (train.offsets[row + 1] as number); at++) {
      const product =
        (degrees.rows[row] as number) * (degrees.columns[train.columns[at] as number] as number);
      values[at] = product ** -0.5;
    }
  }
  return values;
}

async function floats(folder: string, name: string): Promise<Float32Array> {
  return new Float32Array(Uint8Array.from(await readFile(join(folder, name))).buffer);
}

async function words(folder: string, name: string): Promise<Uint32Array> {
  return new Uint32Array(Uint8Array.from(await readFile(join(folder, name))).buffer);
}
