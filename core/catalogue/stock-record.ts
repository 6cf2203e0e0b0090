import { dayOf, type StatedDay, withinHistory } from './history-days.ts';
import { type FactSource, sourceRanks } from './product-fact.ts';

/** What was stated on a day; both where it changed within it. */
export interface StockDay extends StatedDay {
  readonly isIn: boolean;
  readonly isOut: boolean;
}

/** What is known of an item's availability, by its strongest source alone. */
export interface StockRecord {
  readonly source: FactSource;
  /** The latest statement; of two at one time that it is not available. */
  readonly available: boolean;
  readonly atMs: number;
  /** Days in order, within the history. */
  readonly days: readonly StockDay[];
}

/** What one statement says. */
export function stockRecordOf(source: FactSource, available: boolean, atMs: number): StockRecord {
  const days = [{ day: dayOf(atMs), isIn: available, isOut: !available }];
  return { source, available, atMs, days };
}

/** What both say together; the first one itself where the second adds nothing. Commutative and associative. */
export function combineStock(a: StockRecord, b: StockRecord): StockRecord {
  const rank = sourceRanks[a.source] - sourceRanks[b.source];
  if (rank !== 0) return rank < 0 ? a : b;
  const isLater = b.atMs > a.atMs || (b.atMs === a.atMs && a.available && !b.available);
  const latest = isLater ? b : a;
  const days = withinHistory(mergedDays(a.days, b.days), dayOf(latest.atMs));
  const isSame =
    latest === a &&
    days.length === a.days.length &&
    days.every(({ day, isIn, isOut }, at) => {
      const known = a.days[at];
      return known?.day === day && known.isIn === isIn && known.isOut === isOut;
    });
  return isSame ? a : { source: a.source, available: latest.available, atMs: latest.atMs, days };
}

function mergedDays(a: readonly StockDay[], b: readonly StockDay[]): readonly StockDay[] {
  const days = new Map(a.map((each) => [each.day, each]));
  for (const each of b) {
    const known = days.get(each.day);
    const isIn = each.isIn || known?.isIn === true;
    const isOut = each.isOut || known?.isOut === true;
    days.set(each.day, { day: each.day, isIn, isOut });
  }
  return [...days.values()].sort((one, two) => one.day - two.day);
}
