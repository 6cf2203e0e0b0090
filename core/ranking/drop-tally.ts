import type { Drop, DropRule } from './ranking-request.ts';
import type { Rung } from './strategy.ts';

/** An item that a rule left out, and the rungs that had offered it. */
export interface DroppedItem {
  readonly itemId: string;
  readonly rungs: readonly Rung[];
}

/** What one rule left out, in the order in which it met it: the best of the highest rung first. */
export interface DropGroup {
  readonly rule: DropRule;
  readonly items: readonly DroppedItem[];
}

/** Collects what rules leave out of one ranking; `onDrop` goes into its request. */
export class DropTally {
  readonly #byRule = new Map<DropRule, Map<string, Set<Rung>>>();

  readonly onDrop = ({ itemId, rung, rule }: Drop): void => {
    const items = this.#byRule.get(rule) ?? new Map<string, Set<Rung>>();
    this.#byRule.set(rule, items);
    const rungs = items.get(itemId) ?? new Set<Rung>();
    items.set(itemId, rungs.add(rung));
  };

  /** The rule that left out the most first. */
  groups(): DropGroup[] {
    return [...this.#byRule]
      .map(([rule, items]) => ({
        rule,
        items: [...items].map(([itemId, rungs]) => ({ itemId, rungs: [...rungs] })),
      }))
      .sort((a, b) => b.items.length - a.items.length || (a.rule < b.rule ? -1 : 1));
  }
}
