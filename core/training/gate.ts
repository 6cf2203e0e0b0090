/**
 * The gate: may this candidate become the current model? Every rule is stated in `gateBounds` and
 * every refusal names its figures.
 *
 * The candidate and whatever it is compared with are judged on the same held-out period, which none
 * of them has seen: for the current model, which was published with a fit on everything, that means
 * a refit of its parameters on the data before the period.
 */
import type { Interval } from './bootstrap.ts';
import { RANKING_SIZE } from './evaluation.ts';
import type { EvaluationReport } from './report.ts';

export const gateBounds = {
  /** Fewer test customers than this are no evidence. */
  customersMin: 50,
  /**
   * The 95 % interval of NDCG(candidate) − NDCG(baseline) over all items must lie above this, for popularity and for
   * trending.
   */
  allLowerMin: 0,
  /** The same over items new to the customer: no worse, with room for the noise of a small shop. */
  freshLowerMin: -0.01,
  /** Rankings that show no more distinct items than this are popularity in disguise. */
  itemsRecommendedMin: 2 * RANKING_SIZE,
  /** Share of the catalogue's items that have any neighbour: below, something is broken. */
  neighbourShareMin: 0.01,
  /** Share of the places that popularity may have to fill: above, the model has nothing to say to most. */
  fallbackShareMax: 0.75,
  /** Part of the current model's ranking of a customer that must stay: a change of nearly everything is a fault. */
  overlapMin: 0.02,
} as const;

export type Verdict =
  | { readonly promoted: true; readonly reasons: readonly string[] }
  | { readonly promoted: false; readonly reasons: readonly string[] };

/** Decides on a report. The reasons say why a candidate was rejected, or on what terms it was taken. */
export function decide(report: EvaluationReport): Verdict {
  const { customers } = report.candidate.all;
  const reasons = [...coverageRefusals(report)];
  if (customers >= gateBounds.customersMin) {
    reasons.push(...accuracyRefusals(report));
    return verdict(reasons, 'better than popularity and trending beyond chance');
  }
  const evidence =
    `not enough evidence: ${customers} customers bought in the held-out period, ` +
    `${gateBounds.customersMin} are needed`;
  if (report.current !== undefined || customers === 0) {
    return verdict([...reasons, evidence], '');
  }
  // The first model also brings popularity and trending to the ladder, so it may go live on less
  // proof as long as what proof there is does not speak against it.
  reasons.push(...firstModelRefusals(report));
  return verdict(reasons, `first model, no worse than popularity; ${evidence}`);
}

function accuracyRefusals(report: EvaluationReport): string[] {
  const { versusPopularity, versusTrending, current } = report;
  const refusals: string[] = [];
  for (const [baseline, { all, fresh }] of [
    ['popularity', versusPopularity],
    ['trending', versusTrending],
  ] as const) {
    if (!(all.lower > gateBounds.allLowerMin)) {
      refusals.push(`not better than ${baseline} beyond chance: NDCG difference ${textOf(all)}`);
    }
    if (!(fresh.lower >= gateBounds.freshLowerMin)) {
      refusals.push(
        `may be worse than ${baseline} on items new to the customer: NDCG difference ` +
          `${textOf(fresh)}, its lower bound may not fall under ${gateBounds.freshLowerMin}`,
      );
    }
  }
  for (const [items, difference] of Object.entries(current?.versusCurrent ?? {})) {
    if (difference.upper < 0) {
      refusals.push(
        `worse than the current model ${current?.id} on ${questionOf(items)}: NDCG difference ` +
          textOf(difference),
      );
    }
  }
  return refusals;
}

function firstModelRefusals({ versusPopularity: { all, fresh } }: EvaluationReport): string[] {
  const refusals: string[] = [];
  if (!(all.mean >= 0)) refusals.push(`worse than popularity: NDCG difference ${textOf(all)}`);
  if (!(fresh.mean >= gateBounds.freshLowerMin)) {
    refusals.push(
      `worse than popularity on items new to the customer: NDCG difference ${textOf(fresh)}`,
    );
  }
  return refusals;
}

function coverageRefusals({ coverage, candidate, beyond, current }: EvaluationReport): string[] {
  const refusals: string[] = [];
  const fallbackShare = beyond.candidate.rungs.popular;
  if (fallbackShare > gateBounds.fallbackShareMax) {
    refusals.push(
      `popularity has to fill ${(100 * fallbackShare).toFixed(0)} % of the places, ` +
        `${100 * gateBounds.fallbackShareMax} % are the most`,
    );
  }
  if (current !== undefined && current.overlap < gateBounds.overlapMin) {
    refusals.push(
      `drifted from the current model ${current.id}: customers keep ` +
        `${(100 * current.overlap).toFixed(1)} % of their items, ${100 * gateBounds.overlapMin} % are needed`,
    );
  }
  const wanted = Math.min(gateBounds.itemsRecommendedMin, coverage.items);
  // Fewer customers than that cannot between them be shown so many items.
  const shown = Math.min(wanted, candidate.all.customers * RANKING_SIZE);
  if (coverage.itemsRecommended < shown) {
    refusals.push(
      `only ${coverage.itemsRecommended} distinct items are recommended to all test customers ` +
        `together, ${shown} are needed`,
    );
  }
  const neighbourShare = coverage.items === 0 ? 0 : coverage.itemsWithNeighbours / coverage.items;
  if (neighbourShare < gateBounds.neighbourShareMin) {
    refusals.push(
      `only ${coverage.itemsWithNeighbours} of ${coverage.items} items have a neighbour`,
    );
  }
  return refusals;
}

function verdict(refusals: readonly string[], grounds: string): Verdict {
  return refusals.length === 0
    ? { promoted: true, reasons: [grounds] }
    : { promoted: false, reasons: refusals };
}

function questionOf(items: string): string {
  return items === 'fresh' ? 'items new to the customer' : 'all items';
}

function textOf({ mean, lower, upper }: Interval): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  return `${signed(mean)} (95 % interval ${signed(lower)} to ${signed(upper)})`;
}
