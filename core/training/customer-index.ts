/**
 * Joins identities into customers as the lake shows them: identities that stand on one event belong
 * to one customer, so what was browsed anonymously counts for the customer who signed in later. Two
 * different userIds are never one customer: an identity that already belongs to a userId stays
 * there, and an event belongs to its strongest identity. The rules are enrichment's.
 *
 * Union–find over identity references; nearly linear.
 */
import type { Identity } from '../events/event.ts';
import { isUserRef, strongestFirst } from '../identity/profile-id.ts';

export class CustomerIndex {
  readonly #nodes = new Map<string, number>();
  readonly #parents: number[] = [];
  /** Of roots: whether the set holds a userId. */
  readonly #hasUserId: boolean[] = [];

  /**
   * The node of an event's customer; at least one identity. Which customer a node belongs to is
   * known only after all events: see `customers`.
   */
  nodeOf(identities: readonly Identity[]): number {
    return this.nodeOfRefs(strongestFirst(identities));
  }

  /** The same of references that are sorted already, strongest first. */
  nodeOfRefs(refs: readonly string[]): number {
    let owner: number | undefined;
    for (const ref of refs) {
      const node = this.#node(ref);
      owner = owner === undefined ? node : this.#join(owner, node);
    }
    if (owner === undefined) throw new RangeError('an event without identities has no customer');
    return owner;
  }

  /** Numbers the customers of `nodes` 0 … count − 1, in the order in which they first appear. */
  customers(nodes: Uint32Array): { readonly indices: Uint32Array; readonly count: number } {
    const numbers = new Map<number, number>();
    const indices = nodes.map((node) => {
      const root = this.#root(node);
      const number = numbers.get(root) ?? numbers.size;
      numbers.set(root, number);
      return number;
    });
    return { indices, count: numbers.size };
  }

  /** The node that stands for the customer of an identity; undefined for one that no event has. */
  rootOfRef(ref: string): number | undefined {
    const node = this.#nodes.get(ref);
    return node === undefined ? undefined : this.#root(node);
  }

  /** The node that stands for the customer of `node`, as far as events have been seen. */
  rootOf(node: number): number {
    return this.#root(node);
  }

  #node(ref: string): number {
    const known = this.#nodes.get(ref);
    if (known !== undefined) return known;
    const node = this.#parents.length;
    this.#nodes.set(ref, node);
    this.#parents.push(node);
    this.#hasUserId.push(isUserRef(ref));
    return node;
  }

  /** Joins two sets unless each has a userId of its own; returns the first's root. */
  #join(one: number, other: number): number {
    const first = this.#root(one);
    const second = this.#root(other);
    const bothAreUsers = this.#hasUserId[first] === true && this.#hasUserId[second] === true;
    if (first === second || bothAreUsers) return first;
    this.#parents[second] = first;
    this.#hasUserId[first] = this.#hasUserId[first] === true || this.#hasUserId[second] === true;
    return first;
  }

  #root(node: number): number {
    let root = node;
    while (this.#parents[root] !== root) {
      // Path halving keeps the chains short.
      const parent = this.#parents[root] as number;
      this.#parents[root] = this.#parents[parent] as number;
      root = parent;
    }
    return root;
  }
}
