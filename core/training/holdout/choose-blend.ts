/**
 * The best blend of tuned models, chosen on the validation part: similarity proposes, and what sees farther than
 * one step, the low-pass filters, what generalises, the factors, and who is alike, the neighbouring users, order what
 * it proposes. Where one model alone is better than the blend, popularity among them, it is taken instead.
 */
import { rowCountOf } from '../../../kernels/sparse-rows.ts';
import type { TrainedModel } from '../models/trained-model.ts';
import { blendShares } from './blend-shares.ts';
import type { Choice, ChooseInput, ChosenPart } from './choose-model.ts';
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
/**
 * Visits that neighbouring users cost an answer for every customer, Σ over items of their customers squared: each
 * item of a history is looked up at all who have it. Some two minutes.
 */
const NEIGHBOUR_VISITS_MAX = 1e10;
/** Parts of the time that the search has, after which a step begins no new trial. */
const SIMILARITY_UNTIL = 0.4;
const OTHERS_UNTIL = 0.8;

interface Member {
  readonly name: RecipeName;
  readonly startShare: number;
  /** Tuned before it is fitted; as it starts where absent. */
  readonly tunedUntil?: number;
  readonly parameters: RecipeParameters;
}

interface FittedMember extends Member {
  readonly model: TrainedModel;
}

export async function chooseBlend(part: TuningPart, input: ChooseInput): Promise<Choice> {
  const trials: Choice['trials'][number][] = [];
  const fitted: FittedMember[] = [];
  for (const member of membersFor(part)) {
    // What no time is left for doesn't join.
    if (fitted.length > 0 && input.spentTime() >= 1) break;
    const tuned = await tunedMember(member, part, input);
    trials.push(...tuned.trials);
    input.onProgress(`fitting ${member.name}`);
    const model = await recipeOf(member.name).fit(input, part.train, tuned.parameters);
    fitted.push({ ...member, parameters: tuned.parameters, model });
  }
  input.onProgress('blending');
  const { shares, objective } = await blendShares({
    members: fitted.map(({ model }) => model),
    start: fitted.map(({ startShare }) => startShare),
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
      : chosenParts(fitted, shares),
    trials,
    judged: part.judged.length,
  };
}

async function tunedMember(
  { name, parameters, tunedUntil }: Member,
  part: TuningPart,
  input: ChooseInput,
): Promise<Pick<Choice, 'trials'> & { readonly parameters: RecipeParameters }> {
  if (tunedUntil === undefined) return { parameters, trials: [] };
  const { best, trials } = await tuneRecipe(recipeOf(name), part, input, tunedUntil);
  return { parameters: best.parameters, trials };
}

/** The first proposes even where it has no say in the order; one that alone has a say needs no proposals. */
function chosenParts(members: readonly Member[], shares: readonly number[]): ChosenPart[] {
  const parts = members.map(({ name, parameters }, at) => ({
    name,
    parameters,
    share: shares[at] ?? 0,
  }));
  const speaking = parts.filter(({ share }) => share > 0);
  const [only, ...others] = speaking;
  if (only !== undefined && others.length === 0) return [{ ...only, share: 1 }];
  return parts.filter(({ share }, at) => at === 0 || share > 0);
}

function membersFor(part: TuningPart): Member[] {
  return [
    { ...atStart('similarity', 1), tunedUntil: SIMILARITY_UNTIL },
    ...filtersFor(part),
    { ...atStart('implicit-factors', FACTORS_SHARE), tunedUntil: OTHERS_UNTIL },
    ...neighboursFor(part),
    atStart('popular', 0),
  ];
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

function neighboursFor({ visits }: TuningPart): Member[] {
  if (visits > NEIGHBOUR_VISITS_MAX) return [];
  return [{ ...atStart('user-neighbours', NEIGHBOURS_SHARE), tunedUntil: OTHERS_UNTIL }];
}

function atStart(name: RecipeName, startShare: number): Member {
  return { name, parameters: recipeOf(name).start, startShare };
}
