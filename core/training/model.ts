import * as z from 'zod';
import type { Item } from '../catalogue/item.ts';
import type { InteractionKind } from '../profile/profile.ts';
import type { ItemFacts } from './item-facts.ts';
import type { ItemPositions } from './item-positions.ts';

/**
 * A trained model in memory. Items are numbered 0 … items.length − 1; every array is indexed so.
 * Rows of `neighbours` are source items: what to recommend to somebody who liked item i stands at
 * offsets[i] … offsets[i+1] − 1, its score already scaled by how current the target is; best first as
 * trained, by item once it was read from a file. Nothing that scores depends on the order.
 */
export interface Model {
  /** `<ISO time of training>-<4 hex digits>`, e.g. `2026-11-23T02:00:00Z-3f9a`. */
  readonly id: string;
  /** Newest event in the training data: the model's "now". */
  readonly asOfMs: number;
  readonly parameters: ModelParameters;
  readonly items: readonly Item[];
  readonly indexOf: ItemPositions;
  readonly neighbours: {
    readonly offsets: Uint32Array;
    readonly indices: Uint32Array;
    readonly scores: Float32Array;
  };
  /** Popularity decayed with a 14-day time constant at `asOfMs`; also the baseline that a model must beat. */
  readonly popular: Float32Array;
  /** Rise of the last week over the four before; higher is faster, negative is falling. */
  readonly trending: Float32Array;
  /** Absent from models of the first format. */
  readonly facts?: ItemFacts;
}

/** The numbers that tuning chooses; what each does is defined in similarity.ts and score.ts. */
export const modelParameters = z.strictObject({
  /** Exponents of s(i→j) = d_i^-b · d_j^-c · Σ_u d_u^-a: a. */
  userExponent: z.number(),
  /** b: how far a common source item is damped. */
  sourceExponent: z.number(),
  /** c: how far a common target item is damped. */
  targetExponent: z.number(),
  /** Neighbours kept per item. */
  neighboursMax: z.int().positive(),
  /** Half-life of the target's side of a co-occurrence. */
  targetHalfLifeDays: z.number().positive(),
  /** Half-life of a customer's own history at scoring time. */
  historyHalfLifeDays: z.number().positive(),
  /** Exponent of the recent popularity that scales every target. */
  popularityExponent: z.number(),
  /** How far an item that the customer already bought is lifted or dropped (1 = neither). */
  repeatBoost: z.number().nonnegative(),
});
export type ModelParameters = Readonly<z.infer<typeof modelParameters>>;

/** One entry of a customer's history, as ranking and evaluation see it. */
export interface HistoryEntry {
  readonly itemId: string;
  readonly kind: InteractionKind;
  readonly timeMs: number;
}

/** Weight of each kind of interaction, in training and in fold-in. */
export const interactionWeights: Readonly<Record<InteractionKind, number>> = {
  view: 1,
  cart: 3,
  uncart: 0,
  purchase: 5,
};
