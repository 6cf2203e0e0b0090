import { affinitiesAt } from '../profile/affinities.ts';
import { type OpenCart, openCartOf } from '../profile/cart.ts';
import { type NextPurchase, nextPurchaseOf } from '../profile/next-purchase.ts';
import type { Profile } from '../profile/profile.ts';
import type { Shown } from '../profile/shown.ts';

/** What strategies and rules ask of a customer besides the history. Made only of a profile with consent. */
export interface CustomerFacts {
  readonly openCart: OpenCart | undefined;
  /** Their own rhythm of purchases; undefined until it shows. */
  readonly nextPurchase: NextPurchase | undefined;
  /** Labels of categories, the strongest first. */
  readonly topCategories: readonly string[];
  /** What they were shown, by send, the newest first. */
  readonly shown: Shown;
}

/** More interests than these fill no email. */
const TOP_CATEGORIES = 3;

export function customerFactsOf(profile: Profile, nowMs: number): CustomerFacts {
  return {
    openCart: openCartOf(profile),
    nextPurchase: nextPurchaseOf(profile.purchaseDays),
    topCategories: affinitiesAt(profile.affinities?.c, nowMs)
      .slice(0, TOP_CATEGORIES)
      .map(([label]) => label),
    shown: profile.shown ?? [],
  };
}
