import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { PutEvent } from '../../adapters/kinesis/put-event.ts';
import { servedEvents } from '../../core/blocks/served-events.ts';
import { partitionKeyOf } from '../../core/identity/collect-event.ts';
import type { Answer } from './recommend.ts';
import { logger, metrics } from './telemetry.ts';
import { budgetsMs, within } from './time-budget.ts';

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
  const deadlineMs = Date.now() + budgetsMs.served;
  const put = await within(budgetsMs.served, async () => {
    await Promise.all(
      events.map((event) => {
        const data = Buffer.from(`${JSON.stringify(event)}\n`);
        return putEvent({ data, partitionKey: partitionKeyOf(event) }, deadlineMs);
      }),
    );
  });
  metrics.addMetric('ServedLost', MetricUnit.Count, put.ok ? 0 : 1);
  if (!put.ok) logger.error('an answer was given without being remembered', { cause: put.cause });
}
