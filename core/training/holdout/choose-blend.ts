/**
 * The best blend of tuned models, chosen on the validation part: similarity proposes, and what sees farther than
 * one step, the low-pass filter, and who is alike, the neighbouring users, order what it proposes. Where
 * popularity alone is better than the blend, it is taken instead.
 */
import { rowCountOf } from '../../../kernels/sparse-rows.ts';
import type { TrainedModel } from '../models/trained-model.ts';
import { blendShares } from './blend-shares.ts';
import type { Choice, ChooseInput } from './choose-model.ts';
import { type RecipeName, type RecipeParameters, recipeOf } from './recipes.ts';
import { accuracyOnPart, objectiveOf, tuneRecipe } from './tune-recipe.ts';
import type { TuningPart } from './tuning-part.ts';

/** Components of the filters that are tried. The widest that the data allows starts at the first model's share. */
const WIDTHS = [768, 256, 64] as const;
const FILTER_SHARE = 1;
/** Weaker models that err in other ways: a small share of each helps more than a large one of either. */
const FACTORS_SHARE = 0.2;
const NEIGHBOURS_SHARE = 0.25;
/** A filter of as many components as a fifth of the items is none. */
const ITEMS_A_COMPONENT_MIN = 5;
/** Multiplications of a decomposition at most, some five minutes of two cores. */
const WORK_MAX = 3e12;

interface Member {
  readonly name: RecipeName;
  readonly parameters: RecipeParameters;
  readonly startShare: number;
}

export async function chooseBlend(part: TuningPart, input: ChooseInput): Promise<Choice> {
  const tuned = await tuneRecipe(recipeOf('similarity'), part, input);
  const members: Member[] = [
    { name: 'similarity', parameters: tuned.best.parameters, startShare: 1 },
    ...filtersFor(part),
    memberAtStart('implicit-factors', FACTORS_SHARE),
    memberAtStart('user-neighbours', NEIGHBOURS_SHARE),
    memberAtStart('popular', 0),
  ];
  const models: TrainedModel[] = [];
  for (const { name, parameters } of members) {
    // What no time is left for doesn't join.
    if (models.length > 0 && input.isOutOfTime()) break;
    input.onProgress(`fitting ${name}`);
    models.push(await recipeOf(name).fit(input, part.train, parameters));
  }
  input.onProgress('blending');
  const { shares, objective } = await blendShares({
    members: models,
    start: members.slice(0, models.length).map(({ startShare }) => startShare),
    part,
    size: input.size,
    objectiveOf,
  });
  const popular = await recipeOf('popular').fit(input, part.train, {});
  const ofPopular = objectiveOf(accuracyOnPart(popular, part, input.size));
  const isPopularityBetter = part.judged.length > 0 && ofPopular > objective;
  return {
    parts: isPopularityBetter
      ? [{ name: 'popular', parameters: {}, share: 1 }]
      : members.flatMap(({ name, parameters }, member) => {
          const share = shares[member] ?? 0;
          return share === 0 ? [] : [{ name, parameters, share }];
        }),
    trials: tuned.trials,
    judged: part.judged.length,
  };
}

/** Of small data the widest filters would let everything pass; of large data they take too long. */
function filtersFor({ train: { matrix } }: TuningPart): Member[] {
  const side = rowCountOf(matrix) + matrix.columnCount;
  const least = Math.min(rowCountOf(matrix), matrix.columnCount);
  return WIDTHS.filter((width) => {
    const work = 4 * side * width ** 2;
    return width * ITEMS_A_COMPONENT_MIN <= least && work <= WORK_MAX;
  }).map((componentCount, at) => ({
    name: 'low-pass',
    parameters: { ...recipeOf('low-pass').start, componentCount },
    startShare: at === 0 ? FILTER_SHARE : 0,
  }));
}

function memberAtStart(name: RecipeName, startShare: number): Member {
  return { name, parameters: recipeOf(name).start, startShare };
}
