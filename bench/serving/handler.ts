import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { newProfile } from '../../core/profile/fold-event.ts';
import type { Model } from '../../core/training/model.ts';
import { httpAnswer } from '../../lambdas/api/http-answer.ts';
import { Recommender, type Sources } from '../../lambdas/api/recommend.ts';
import { answerRecommendation } from '../../lambdas/api/recommendations.ts';
import { atMost, type Check, median, shown } from '../check.ts';
import { madeUpHistory, NOW_MS } from './made-up-model.ts';

const CUSTOMERS = 2_000;
/** The first rounds are compiled while they run. */
const WARM_UP_ROUNDS = 2;
const ROUNDS = 5;

/**
 * Time of a warm answer with every store answered from memory, each for a customer whose answer is no longer
 * kept. By the clock, since some systems count processor time in steps of 4 ms: what else the machine does is in it.
 */
export async function benchHandler(model: Model): Promise<Check[]> {
  const recommender = new Recommender(sourcesInMemory(model));
  const partial: Partial<APIGatewayProxyEvent> = { headers: { 'User-Agent': 'bench' } };
  const event = partial as APIGatewayProxyEvent;
  const body = JSON.stringify((await recommender.answer(queryOf(0), NOW_MS)).recommendation);
  const times: number[] = [];
  const constantTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let customer = 0; customer < CUSTOMERS; customer += 1) {
      const startMs = performance.now();
      const answer = await recommender.answer(queryOf(customer), NOW_MS);
      answerRecommendation(event, answer);
      const betweenMs = performance.now();
      await constantAnswer(event, body);
      const endMs = performance.now();
      if (answer.recommendation.source !== 'personal') throw new Error('an answer is not personal');
      if (round < WARM_UP_ROUNDS) continue;
      times.push(betweenMs - startMs);
      constantTimes.push(endMs - betweenMs);
    }
  }
  return [
    atMost('answer warm, p50', median(times), 'ms', 0.5),
    atMost('answer warm, p99', percentile(times, 0.99), 'ms', 2),
    shown(
      'answer warm / the same answer as a constant, p50',
      median(times) / median(constantTimes),
      '×',
    ),
  ];
}

async function constantAnswer(event: APIGatewayProxyEvent, body: string): Promise<void> {
  const contentType = 'application/json; charset=utf-8';
  httpAnswer(event, { body, contentType, maxAgeSeconds: 60, identity: body, durationsMs: {} });
}

function sourcesInMemory(model: Model): Sources {
  const profiles = Array.from({ length: CUSTOMERS }, (_, customer) => ({
    ...newProfile(`profile-${customer}`, NOW_MS),
    recent: madeUpHistory(customer),
  }));
  return {
    placements: bundledPlacements,
    model: { get: async () => model },
    customers: {
      find: async (key = '') => {
        const profile = profiles[Number(key)];
        return profile === undefined
          ? { kind: 'unknown', shown: key }
          : { kind: 'known', shown: key, profile };
      },
    },
    catalogue: {
      itemsOf: async (itemIds) => {
        const known = itemIds.flatMap((id) => model.items[model.indexOf.get(id) ?? -1] ?? []);
        const items = new Map(known.map((item) => [item.itemId, item]));
        return { items, isRead: true, isComplete: true };
      },
    },
  };
}

function queryOf(customer: number) {
  return { placement: 'for-you', customer: `${customer}`, limit: undefined };
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
