import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { PutEvent } from '../../adapters/kinesis/put-event.ts';
import { servedEvents } from '../../core/blocks/served-events.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import type { Answer } from './recommend.ts';
import { logger, metrics } from './telemetry.ts';
import { budgetsMs, within } from './time-budget.ts';

/** Whether a put of this process has come through. */
let isConnected = false;

/**
 * Puts on the stream what has to be remembered of an answer. Most answers have nothing; one that can't be remembered in
 * time is given all the same, and counted. A variant that was asked for by its name is a look, and not remembered.
 */
export async function recordServed(
  answer: Answer,
  forcedVariant: string | undefined,
  putEvent: PutEvent,
  nowMs: number,
): Promise<void> {
  const { customer, placement, recommendation } = answer;
  const isLook = forcedVariant !== undefined && forcedVariant !== '';
  if (customer?.kind !== 'known' || isLook) return;
  const events = servedEvents({ recommendation, placement, profile: customer.profile, nowMs });
  if (events.length === 0) return;
  const budgetMs = isConnected ? budgetsMs.served : budgetsMs.firstServed;
  const deadlineMs = Date.now() + budgetMs;
  const put = await within(budgetMs, async () => {
    await Promise.all(
      events.map((event) => {
        const data = Buffer.from(`${JSON.stringify(event)}\n`);
        return putEvent({ data, partitionKey: partitionKeyOf(event) }, deadlineMs);
      }),
    );
  });
  isConnected ||= put.ok;
  metrics.addMetric('ServedLost', MetricUnit.Count, put.ok ? 0 : 1);
  if (!put.ok) logger.error('an answer was given without being remembered', { cause: put.cause });
}
