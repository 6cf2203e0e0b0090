/**
 * Tunes one recipe on the validation part.
 *
 * What is maximised is log Recall@k + log NDCG@k. The first step away from a recipe's start must gain
 * `DEPARTURE_GAIN_MIN`: a part held out at random is nearer to train than what customers do later, and small gains
 * on it do not carry over. Where a start is wrong for the data, the gains are far greater.
 */
import { coordinateSearch, type SearchTrial } from '../coordinate-search.ts';
import type { TrainedModel } from '../models/trained-model.ts';
import type { Choice, ChooseInput } from './choose-model.ts';
import { splitAccuracy } from './ranking-accuracy.ts';
import type { Recipe, RecipeParameters } from './recipes.ts';
import type { TuningPart } from './tuning-part.ts';

const PASSES_MAX = 2;
/** Some 2.5 % on either figure: see the head of this file. */
const DEPARTURE_GAIN_MIN = 0.05;
/** Some half percent on either, twice what 2,000 customers' sample makes of nothing. */
const GAIN_MIN = 0.01;
/** Keeps the logarithm finite where nothing is hit. */
const FIGURE_FLOOR = 1e-4;

export interface TunedRecipe {
  readonly recipe: Recipe;
  readonly best: SearchTrial<RecipeParameters>;
  readonly trials: Choice['trials'];
}

/** `until`: the part of the search's time after which no trial begins. */
export async function tuneRecipe(
  recipe: Recipe,
  part: TuningPart,
  input: ChooseInput,
  until = 1,
): Promise<TunedRecipe> {
  if (part.judged.length === 0 || recipe.grids.length === 0) {
    const best = { parameters: recipe.start, objective: Number.NEGATIVE_INFINITY };
    return { recipe, best, trials: [] };
  }
  let count = 0;
  const outcome = await coordinateSearch<RecipeParameters>({
    start: recipe.start,
    grids: recipe.grids,
    departureGainMin: DEPARTURE_GAIN_MIN,
    gainMin: GAIN_MIN,
    passesMax: PASSES_MAX,
    trialsMax: input.trialsMax,
    isOutOfTime: () => input.spentTime() >= until,
    attempt: async (parameters) => {
      const model = await recipe.fit(input, part.train, parameters);
      return objectiveOf(accuracyOnPart(model, part, input.size));
    },
    onTrial: () => {
      count += 1;
      input.onProgress(`${recipe.name}: ${count} trials`);
    },
  });
  const trials = outcome.trials.map((trial) => ({ name: recipe.name, ...trial }));
  return { recipe, best: outcome.best, trials };
}

export function accuracyOnPart(model: TrainedModel, part: TuningPart, size: number) {
  return splitAccuracy(model, part.train, part.validation, part.judged, size);
}

export function objectiveOf({ recall, ndcg }: { recall: number; ndcg: number }): number {
  return Math.log(Math.max(recall, FIGURE_FLOOR)) + Math.log(Math.max(ndcg, FIGURE_FLOOR));
}
