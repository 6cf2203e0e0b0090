/**
 * How a model for data without times is fitted and tuned: where its search starts, what it tries, and the fit.
 * The starts are good on data that nobody tuned them for; the search departs from them for a clear gain alone.
 */

import type { Grid } from '../coordinate-search.ts';
import { fitImplicitFactors } from '../models/implicit-factors.ts';
import { fitLowPass } from '../models/low-pass.ts';
import { fitPopular } from '../models/popular.ts';
import { fitItemSimilarity } from '../models/similarity.ts';
import type { TrainedModel, TrainingRows } from '../models/trained-model.ts';
import { fitUserNeighbours } from '../models/user-neighbours.ts';
import type { TrainingThreads } from '../training-threads.ts';

export const recipeNames = [
  'similarity',
  'user-neighbours',
  'low-pass',
  'implicit-factors',
  'popular',
] as const;
export type RecipeName = (typeof recipeNames)[number];

export type RecipeParameters = Readonly<Record<string, number>>;

export interface FitContext {
  readonly threads: TrainingThreads;
  readonly seed: number;
}

export interface Recipe {
  readonly name: RecipeName;
  readonly start: RecipeParameters;
  readonly grids: readonly (readonly [string, Grid])[];
  readonly fit: (
    context: FitContext,
    rows: TrainingRows,
    parameters: RecipeParameters,
  ) => Promise<TrainedModel>;
}

export function recipeOf(name: RecipeName): Recipe {
  return recipes[name];
}

/** Steps to either side of the best so far, half as long with every pass. */
function around(step: number, least: number, most: number): Grid {
  return (best, pass) =>
    [best - step / 2 ** pass, best + step / 2 ** pass]
      .map((value) => Math.round(Math.min(most, Math.max(least, value)) * 1000) / 1000)
      .filter((value) => value !== best);
}

function recipe<Parameters extends RecipeParameters>(
  name: RecipeName,
  start: Parameters,
  grids: readonly (readonly [keyof Parameters & string, Grid])[],
  fitTo: (
    context: FitContext,
    rows: TrainingRows,
    parameters: Parameters,
  ) => TrainedModel | Promise<TrainedModel>,
): Recipe {
  return {
    name,
    start,
    grids,
    fit: async (context, rows, parameters) => fitTo(context, rows, { ...start, ...parameters }),
  };
}

const recipes: Readonly<Record<RecipeName, Recipe>> = {
  similarity: recipe(
    'similarity',
    {
      userExponent: 1,
      sourceExponent: 0.7,
      targetExponent: 0.2,
      sharpness: 1,
      neighboursMax: 300,
    },
    [
      ['targetExponent', around(0.2, 0, 1)],
      ['sourceExponent', around(0.2, 0, 1)],
      ['userExponent', around(0.4, 0, 1.6)],
      ['sharpness', around(0.4, 0.4, 3)],
      ['neighboursMax', [100, 800]],
    ],
    ({ threads }, rows, parameters) => fitItemSimilarity(threads, rows, parameters),
  ),
  'user-neighbours': recipe(
    'user-neighbours',
    { otherExponent: 0.5, itemExponent: 0.5, sharpness: 2, neighboursMax: 300 },
    [
      ['sharpness', around(0.5, 0.5, 4)],
      ['itemExponent', around(0.2, 0, 1)],
      ['otherExponent', around(0.2, 0, 1)],
    ],
    (_context, rows, parameters) => fitUserNeighbours(rows, parameters),
  ),
  'low-pass': recipe(
    'low-pass',
    { componentCount: 512, powerIterations: 2, ridge: 0 },
    [['componentCount', [32, 128, 256]]],
    ({ threads, seed }, rows, parameters) => fitLowPass(threads, rows, parameters, seed),
  ),
  'implicit-factors': recipe(
    'implicit-factors',
    { factorCount: 64, confidence: 20, regularization: 10, iterations: 8 },
    [
      ['confidence', [5, 80]],
      ['regularization', [2, 50]],
      ['factorCount', [32, 128]],
    ],
    ({ threads, seed }, rows, parameters) => fitImplicitFactors(threads, rows, parameters, seed),
  ),
  popular: recipe('popular', {}, [], (_context, rows) => fitPopular(rows)),
};
