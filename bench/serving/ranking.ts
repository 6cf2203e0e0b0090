import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { rank } from '../../core/ranking/ladder.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { atMost, type Check, median, percentile, shown } from '../check.ts';
import { madeUpHistory, NOW_MS } from './made-up-model.ts';

const CUSTOMERS = 2_000;
/** The first are compiled while they run. */
const WARM_UP_ROUNDS = 3;
const ROUNDS = 12;

/**
 * Processor time of each ranking alone, each time for another customer, so that no neighbours are in the processor's
 * caches. The history comes out of JSON just before, as it comes from the store in service.
 */
export function benchRanking(model: Model): Check[] {
  const texts = Array.from({ length: CUSTOMERS }, (_, customer) =>
    JSON.stringify(madeUpHistory(customer)),
  );
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    for (const text of texts) {
      const history = historyIn(text);
      const before = process.cpuUsage();
      rankOnce(model, history);
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP_ROUNDS) times.push(user + system);
    }
  }
  return [
    atMost('ranking alone, p50', median(times), 'µs', 60),
    shown('ranking alone, mean', times.reduce((sum, time) => sum + time, 0) / times.length, 'µs'),
    shown('ranking alone, p99', percentile(times, 0.99), 'µs'),
  ];
}

function historyIn(text: string): readonly HistoryEntry[] {
  return JSON.parse(text) as HistoryEntry[];
}

function rankOnce(model: Model, history: readonly HistoryEntry[]): void {
  const placement = bundledPlacements.find('for-you') ?? bundledPlacements.fallback;
  const limit = placement.limit.default;
  const { items, rung } = rank({
    placement,
    content: bundledPlacements.contentOf(placement),
    limit,
    nowMs: NOW_MS,
    model,
    history,
    liveItems: new Map(),
  });
  if (rung !== 'for-you' || items.length !== limit) {
    throw new Error(`a ranking of the benchmark gave ${items.length} items of ${rung}`);
  }
}
