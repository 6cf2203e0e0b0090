import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { ITEMS_PER_READ_MAX } from '../../adapters/dynamodb/catalogue-reader.ts';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import type { Model } from '../../core/training/model.ts';
import { ClickUrls } from '../../lambdas/api/click-urls.ts';
import { Customers } from '../../lambdas/api/customers.ts';
import { httpAnswer } from '../../lambdas/api/http-answer.ts';
import { LiveCatalogue } from '../../lambdas/api/live-catalogue.ts';
import { recommendationsHandler } from '../../lambdas/api/recommendations-handler.ts';
import { countAnswer, publishMetrics } from '../../lambdas/api/telemetry.ts';
import { madeUpModel } from './made-up-model.ts';
import { storedCustomers } from './stored-customers.ts';

/**
 * Measures the function of recommendations in a process of its own, since what the process itself takes is to be told:
 * its stdout is what Lambda reads metrics from, and another's to read and drop. Sends what it found to its parent.
 */

const CUSTOMERS = 2_000;
/** The first rounds are compiled while they run. */
const WARM_UP_ROUNDS = 4;
const ROUNDS = 6;
const CUSTOMER_READ_MS = 250;

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Microseconds of processor time of each request, and of the same ones answered with a constant. */
export interface HandlerTimes {
  readonly answer: readonly number[];
  readonly constant: readonly number[];
}

async function measure(): Promise<HandlerTimes> {
  const handler: Handler = recommendationsHandler({
    sources: sourcesInMemory(madeUpModel()),
    clickUrls: new ClickUrls({
      ...{ hosts: [], daysMax: 90 },
      clickSecret: async () => '',
      identitySecret: async () => '',
    }),
    putEvent: async () => undefined,
  });
  const { body } = await handler(eventOf(0), context);
  const constant = constantHandler(body);
  const times = { answer: [] as number[], constant: [] as number[] };
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    for (let customer = 0; customer < CUSTOMERS; customer += 1) {
      const event = eventOf(customer);
      const answer = await processorTimeOf(handler, event);
      const plain = await processorTimeOf(constant, event);
      if (round < WARM_UP_ROUNDS) continue;
      times.answer.push(answer);
      times.constant.push(plain);
    }
  }
  return times;
}

/**
 * Of the whole process: garbage collection and compiling, which run beside it, included; what other processes take
 * meanwhile is not, unlike by the clock. Counted by the microsecond.
 */
async function processorTimeOf(handler: Handler, event: APIGatewayProxyEvent): Promise<number> {
  const before = process.cpuUsage();
  const { statusCode, body } = await handler(event, context);
  const { user, system } = process.cpuUsage(before);
  if (statusCode !== 200 || !body.includes('"source":"personal"')) {
    throw new Error(`an answer of the benchmark is not personal: ${body.slice(0, 200)}`);
  }
  return user + system;
}

/** The same frame around nothing: the event is taken, metrics are written, the answer gets its entity tag. */
function constantHandler(body: string): Handler {
  const facts = {
    ...{ isUnknownPlacement: false, isUnknownCustomer: false, isFallback: false },
    ...{ modelAgeHours: 1, unavailable: [] },
  };
  const durationsMs = { sources: 0, catalogue: 0, rank: 0 };
  const contentType = 'application/json; charset=utf-8';
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(publishMetrics())
    .handler(async (event: APIGatewayProxyEvent) => {
      countAnswer(facts);
      return httpAnswer(event, {
        ...{ body, contentType, maxAgeSeconds: 60, identity: body, durationsMs },
      });
    });
}

/** Every store but the customers' is a value; what is kept of answers is gone by the time that a customer returns. */
function sourcesInMemory(model: Model) {
  const readItems = async (itemIds: readonly string[]) => {
    const known = itemIds.flatMap((id) => model.items[model.indexOf.get(id) ?? -1] ?? []);
    return new Map(known.map((item) => [item.itemId, item]));
  };
  return {
    placements: bundledPlacements,
    model: { get: async () => model },
    customers: new Customers(storedCustomers(CUSTOMERS), CUSTOMER_READ_MS),
    catalogue: new LiveCatalogue(readItems, ITEMS_PER_READ_MAX),
  };
}

function eventOf(customer: number): APIGatewayProxyEvent {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: 'GET',
    headers: { 'User-Agent': 'Braze Sending Service', Accept: '*/*', 'Accept-Encoding': 'gzip' },
    queryStringParameters: { customer: `${customer}` },
    requestContext: {
      path: '/v1/recommendations/for-you',
    } as APIGatewayProxyEvent['requestContext'],
  };
  return event as APIGatewayProxyEvent;
}

const context = {
  awsRequestId: '1',
  getRemainingTimeInMillis: () => 10_000,
} as Context;

const times = await measure();
process.send?.(times);
