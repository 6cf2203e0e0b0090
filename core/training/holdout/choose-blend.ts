/** The best blend of tuned models, chosen on the validation part; a single model where no other helps it. */

import { blendShares } from './blend-shares.ts';
import type { Choice, ChooseInput } from './choose-model.ts';
import { type RecipeName, recipeOf } from './recipes.ts';
import { objectiveOf, tuneRecipe } from './tune-recipe.ts';
import type { TuningPart } from './tuning-part.ts';

/** In the order in which they join: what time is left for the last ones may be none. */
const MEMBERS: readonly RecipeName[] = ['similarity', 'user-neighbours'];

export async function chooseBlend(part: TuningPart, input: ChooseInput): Promise<Choice> {
  const tuned = [];
  for (const name of MEMBERS) {
    if (tuned.length > 0 && input.isOutOfTime()) break;
    tuned.push(await tuneRecipe(recipeOf(name), part, input));
  }
  // The best of them alone stands first, and the others are added to it.
  tuned.sort((one, other) => other.best.objective - one.best.objective);
  input.onProgress('blending');
  const models = [];
  for (const { recipe, best } of tuned) {
    models.push(await recipe.fit(input, part.train, best.parameters));
  }
  const shares = await blendShares(models, part, input.size, objectiveOf);
  return {
    parts: tuned.flatMap(({ recipe, best }, member) => {
      const share = shares[member] ?? 0;
      return share === 0 ? [] : [{ name: recipe.name, parameters: best.parameters, share }];
    }),
    trials: tuned.flatMap(({ trials }) => trials),
    judged: part.judged.length,
  };
}
