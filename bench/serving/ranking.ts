import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { rank } from '../../core/ranking/ladder.ts';
import type { RankingRequest } from '../../core/ranking/ranking-request.ts';
import type { Model } from '../../core/training/model.ts';
import { atMost, type Check, median, shown } from '../check.ts';
import { madeUpHistory, NOW_MS } from './made-up-model.ts';

const CUSTOMERS = 2_000;
/** The first is compiled while it runs. A round shares one reading: some systems count processor time in steps of 4 ms. */
const ROUNDS = 9;

/** Processor time of the ranking alone, each time for another customer, so that no cache helps. */
export function benchRanking(model: Model): Check[] {
  const requests = Array.from({ length: CUSTOMERS }, (_, customer) => requestOf(model, customer));
  const readings: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.threadCpuUsage();
    for (const request of requests) rankOnce(request);
    const { user, system } = process.threadCpuUsage(before);
    if (round > 0) readings.push((user + system) / CUSTOMERS);
  }
  return [
    atMost('ranking alone, median of rounds', median(readings), 'µs', 60),
    shown('ranking alone, the quickest round', Math.min(...readings), 'µs'),
  ];
}

function requestOf(model: Model, customer: number): RankingRequest {
  const placement = bundledPlacements.find('for-you') ?? bundledPlacements.fallback;
  return {
    placement,
    content: bundledPlacements.contentOf(placement),
    limit: placement.limit.default,
    nowMs: NOW_MS,
    model,
    history: madeUpHistory(customer),
    liveItems: new Map(),
  };
}

function rankOnce(request: RankingRequest): void {
  const { items, rung } = rank(request);
  if (rung !== 'for-you' || items.length !== request.limit) {
    throw new Error(`a ranking of the benchmark gave ${items.length} items of ${rung}`);
  }
}
