import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { TestCloud } from '../integration/cloud.ts';

const HOUR_MS = 3_600_000;

/** Events that the enricher has dropped, by its metric. */
export async function erasedCount(test: TestCloud): Promise<number> {
  const now = Date.now();
  const { MetricDataResults } = await test.clients.cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - HOUR_MS),
      EndTime: new Date(now + HOUR_MS),
      MetricDataQueries: [
        {
          Id: 'erased',
          MetricStat: {
            Metric: {
              Namespace: 'Kindred',
              MetricName: 'EventsErased',
              Dimensions: [{ Name: 'service', Value: 'enrich' }],
            },
            Period: 60,
            Stat: 'Sum',
          },
        },
      ],
    }),
  );
  return (MetricDataResults?.[0]?.Values ?? []).reduce((sum, value) => sum + value, 0);
}
