import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { rank } from '../../core/ranking/ladder.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { atMost, type Check, median, shown } from '../check.ts';
import { madeUpHistory, NOW_MS } from './made-up-model.ts';

const CUSTOMERS = 2_000;
/** The first are compiled while they run. A round shares one reading: some systems count processor time in steps of 4 ms. */
const WARM_UP_ROUNDS = 2;
const ROUNDS = 15;

/**
 * Processor time of the ranking alone, each time for another customer, so that no neighbours are in the processor's
 * caches. The history comes out of JSON just before, as it comes from the store in service; what reading it takes is
 * measured beside it in the same round and taken off.
 */
export function benchRanking(model: Model): Check[] {
  const texts = Array.from({ length: CUSTOMERS }, (_, customer) =>
    JSON.stringify(madeUpHistory(customer)),
  );
  const readings: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const whole = microsecondsEach(texts, (text) => rankOnce(model, historyIn(text)));
    const reading = microsecondsEach(texts, (text) => historyIn(text));
    if (round >= WARM_UP_ROUNDS) readings.push(whole - reading);
  }
  return [
    atMost('ranking alone, median of rounds', median(readings), 'µs', 60),
    shown('ranking alone, the quickest round', Math.min(...readings), 'µs'),
  ];
}

function microsecondsEach(texts: readonly string[], work: (text: string) => unknown): number {
  const before = process.threadCpuUsage();
  for (const text of texts) work(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / texts.length;
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
