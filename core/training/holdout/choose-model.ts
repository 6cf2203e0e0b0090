/**
 * Chooses hyper-parameters for data without times on a validation part carved out of train alone, then fits
 * them to all of train. The same seed and number of trials give the same model.
 */
import type { SearchTrial } from '../coordinate-search.ts';
import { type BlendPart, blendOf } from '../models/blend.ts';
import type { SparseRows, TrainedModel } from '../models/trained-model.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { chooseBlend } from './choose-blend.ts';
import { type RecipeName, type RecipeParameters, recipeOf } from './recipes.ts';
import { tuneRecipe } from './tune-recipe.ts';
import { tuningPart, unweighted } from './tuning-part.ts';

export interface ChooseInput {
  readonly threads: TrainingThreads;
  readonly train: SparseRows;
  /** Items of a ranking. */
  readonly size: number;
  readonly seed: number;
  readonly trialsMax: number;
  /** The part of the search's time that is gone; from 1 on no trial begins. */
  readonly spentTime: () => number;
  readonly onProgress: (text: string) => void;
}

/** A recipe with the parameters that were chosen for it. */
export interface ChosenPart {
  readonly name: RecipeName;
  readonly parameters: RecipeParameters;
  /** Of a blend; 1 of a single model. */
  readonly share: number;
}

export interface Choice {
  readonly parts: readonly ChosenPart[];
  readonly trials: readonly (SearchTrial<RecipeParameters> & { readonly name: RecipeName })[];
  /** Customers of the validation part that trials were judged on; with none, the starts are taken untried. */
  readonly judged: number;
}

export async function chooseModel(name: RecipeName | 'best', input: ChooseInput): Promise<Choice> {
  const part = tuningPart(input.train, input.seed);
  if (name === 'best') return chooseBlend(part, input);
  const { best, trials } = await tuneRecipe(recipeOf(name), part, input);
  return {
    parts: [{ name, parameters: best.parameters, share: 1 }],
    trials,
    judged: part.judged.length,
  };
}

/** Fits what was chosen to all of train. */
export async function fitChoice(choice: Choice, input: ChooseInput): Promise<TrainedModel> {
  const rows = unweighted(input.train);
  const parts: BlendPart[] = [];
  for (const { name, parameters, share } of choice.parts) {
    parts.push({ model: await recipeOf(name).fit(input, rows, parameters), share });
  }
  const [first, ...others] = parts;
  if (first === undefined) throw new RangeError('A choice has at least one part.');
  return others.length === 0 ? first.model : blendOf([first, ...others], input.train.columnCount);
}
