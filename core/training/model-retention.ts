/**
 * Which models go. A model's id begins with the time of its snapshot, but what counts is when it was
 * written: a run that took long publishes a model that is older by its id.
 *
 * Kept are the current model and the one before it, whatever their age, the newest `publishedMax` of
 * the others, and everything younger than `daysMin`: a run that is under way writes its model before
 * it flips the pointer.
 */
export interface StoredModel {
  readonly id: string;
  /** When its last file was written. */
  readonly writtenAtMs: number;
}

export interface ModelRetention {
  /** The newest so many stay, beside the current and the previous one. */
  readonly publishedMax: number;
  /** Younger ones stay; a day at least. */
  readonly daysMin: number;
}

/** Of the pointer. */
export interface PointedModels {
  readonly current: string;
  readonly previous?: string | undefined;
}

const DAY_MS = 86_400_000;

/** The ids of the models that go, the oldest first. Before the first publication nothing does. */
export function expendableModels(
  models: readonly StoredModel[],
  pointed: PointedModels | undefined,
  { publishedMax, daysMin }: ModelRetention,
  nowMs: number,
): string[] {
  if (pointed === undefined) return [];
  const pointedIds = new Set([pointed.current, pointed.previous]);
  const oldestMs = nowMs - daysMin * DAY_MS;
  return models
    .filter(({ id }) => !pointedIds.has(id))
    .toSorted((a, b) => b.writtenAtMs - a.writtenAtMs || (a.id < b.id ? 1 : -1))
    .slice(publishedMax)
    .filter(({ writtenAtMs }) => writtenAtMs < oldestMs)
    .map(({ id }) => id)
    .reverse();
}
