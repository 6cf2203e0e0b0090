import { type Consent, combineConsent } from '../profile/consent.ts';

/**
 * Who has refused personalisation, by the latest statement of all of a customer's identities. Their
 * history is read by nobody, training included.
 */
export class ConsentIndex {
  /** One statement per node, however many events repeat it. */
  readonly #byNode = new Map<number, Consent>();

  add(node: number, consent: Consent | undefined): void {
    const combined = combineConsent(this.#byNode.get(node), consent);
    if (combined !== undefined) this.#byNode.set(node, combined);
  }

  /** The roots of the customers who refused; `rootOf` tells whom a node belongs to after all events. */
  refusedRoots(rootOf: (node: number) => number): ReadonlySet<number> {
    const byRoot = new Map<number, Consent | undefined>();
    for (const [node, consent] of this.#byNode) {
      const root = rootOf(node);
      byRoot.set(root, combineConsent(byRoot.get(root), consent));
    }
    const refused = [...byRoot].filter(([, consent]) => consent?.personalization.granted === false);
    return new Set(refused.map(([root]) => root));
  }
}
