import type { Model } from '../../core/training/model.ts';
import type { DecodedModel } from '../../core/training/model-file.ts';
import { budgetsMs, within } from './time-budget.ts';

/** Where models come from. */
export interface ModelSource {
  /** The id of the current model; undefined before the first is published. */
  currentId(signal: AbortSignal): Promise<string | undefined>;
  /** The model that was current before; what a function that has none yet serves while the current one is damaged. */
  previousId?(signal: AbortSignal): Promise<string | undefined>;
  load(id: string, signal: AbortSignal): Promise<DecodedModel>;
}

/** What could not be had: the pointer, which the next look may find, or the model that it names. */
export type ModelFailure = 'pointer' | 'model';

/** How old a look at the pointer may be: a published model is in use everywhere this much later. */
const CHECK_EVERY_MS = 15_000;
/** While there is no model at all, its publication should show at once. */
const CHECK_EVERY_WITHOUT_MODEL_MS = 250;
/** Ends a look at the pointer that hangs, so that the next can begin. */
const POINTER_MS_MAX = 1_000;
/** Ends a download that hangs: a model of 100 MB takes a function a few seconds. */
const LOAD_MS_MAX = 20_000;
/** A damaged model does not mend itself; its repair or a flip of the pointer is noticed after this. */
const REFUSED_FOR_MS = 60_000;

/**
 * The model in memory. It is kept until another has been read whole and found sound, and looked after
 * between requests, never by one: a request gets what is there and may start a look at the pointer.
 * Only while there is nothing does a request wait, and then no longer than its budget.
 */
export class CurrentModel {
  readonly #source: ModelSource;
  readonly #onFailure: (reason: string, failure: ModelFailure) => void;
  readonly #firstMs: number;
  #model: Model | undefined;
  #refreshing: Promise<void> | undefined;
  #nextCheckAtMs = 0;
  #waitUntilMs = 0;
  #refused: { readonly id: string; readonly untilMs: number } | undefined;
  #isFirst = true;

  /** @param firstMs how long answers wait for a model that this process has not yet read. */
  constructor(
    source: ModelSource,
    onFailure: (reason: string, failure: ModelFailure) => void,
    firstMs: number,
  ) {
    this.#source = source;
    this.#onFailure = onFailure;
    this.#firstMs = firstMs;
  }

  /** The model, or undefined while there is none that can be read. */
  async get(): Promise<Model | undefined> {
    this.refresh();
    while (this.#model === undefined && this.#refreshing !== undefined) {
      const waitMs = this.#waitUntilMs - Date.now();
      if (waitMs <= 0) break;
      const refreshing = this.#refreshing;
      await within(Math.min(waitMs, budgetsMs.pointer), () => refreshing);
    }
    return this.#model;
  }

  /** Looks at the pointer unless somebody just did, without anybody waiting. */
  refresh(): void {
    const nowMs = Date.now();
    if (this.#refreshing !== undefined || nowMs < this.#nextCheckAtMs) return;
    this.#waitUntilMs = nowMs + (this.#isFirst ? this.#firstMs : budgetsMs.pointer);
    this.#isFirst = false;
    this.#refreshing = this.#look(nowMs).finally(() => {
      this.#refreshing = undefined;
      const pauseMs = this.#model ? CHECK_EVERY_MS : CHECK_EVERY_WITHOUT_MODEL_MS;
      this.#nextCheckAtMs = Date.now() + pauseMs;
    });
  }

  async #look(startedAtMs: number): Promise<void> {
    const pointer = await within(POINTER_MS_MAX, (signal) => this.#source.currentId(signal));
    if (!pointer.ok) {
      this.#onFailure(`the model pointer could not be read (${pointer.cause})`, 'pointer');
      return;
    }
    const id = pointer.value;
    if (id === undefined || id === this.#model?.id || this.#isRefused(id)) return;
    // There is a model to wait for: worth the longer budget.
    this.#waitUntilMs = startedAtMs + this.#firstMs;
    if (await this.#load(id)) return;
    if (this.#model === undefined) await this.#loadPrevious(id);
  }

  /** Makes a model the one in memory, if it is whole. */
  async #load(id: string): Promise<boolean> {
    const loaded = await within(LOAD_MS_MAX, (signal) => this.#source.load(id, signal));
    if (!loaded.ok) {
      this.#onFailure(`model ${id} could not be read (${loaded.cause})`, 'model');
      return false;
    }
    if (!loaded.value.ok) {
      this.#refused = { id, untilMs: Date.now() + REFUSED_FOR_MS };
      this.#onFailure(loaded.value.reason, 'model');
      return false;
    }
    this.#model = loaded.value.model;
    return true;
  }

  /** A function that has just started has no last good model in memory; the pointer names one. */
  async #loadPrevious(current: string): Promise<void> {
    const previous = await within(
      POINTER_MS_MAX,
      async (signal) => await this.#source.previousId?.(signal),
    );
    if (!previous.ok || previous.value === undefined || previous.value === current) return;
    const refused = this.#refused;
    await this.#load(previous.value);
    // The current one is looked at again in its time, whatever became of this one.
    this.#refused = refused;
  }

  #isRefused(id: string): boolean {
    return this.#refused?.id === id && Date.now() < this.#refused.untilMs;
  }
}
