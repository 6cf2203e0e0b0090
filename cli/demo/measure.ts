import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Connection } from '../connection.ts';

/** Enrichment's metrics are read back through CloudWatch, as on-call engineers read them. */
export interface Measurements {
  /** Events folded into a profile so far. */
  folded(): Promise<number>;
  /** Events recognised as seen before. */
  duplicate(): Promise<number>;
  /** Records that could not be read and went to the failure bucket. */
  poison(): Promise<number>;
  /** Events delivered to the lake. */
  delivered(): Promise<number>;
  /** Receipt-to-profile time of all events, in milliseconds. */
  freshnessMs(): Promise<{ p50: number; p99: number }>;
  /** Number of profiles, tombstones of merged ones left out. */
  profileCount(): Promise<number>;
}

/** The statistics cover this much of the past: longer than any run. */
const WINDOW_MS = 6 * 60 * 60 * 1000;
const PERIOD_S = 6 * 60 * 60;

export function createMeasurements(connection: Connection): Measurements {
  const cloudWatch = new CloudWatchClient(clientOptions(connection, 'cloudwatch'));
  const dynamoDb = new DynamoDBClient(clientOptions(connection, 'dynamodb'));
  const service = (name: string) => [{ Name: 'service', Value: name }];

  const statistic = async (metric: MetricRequest): Promise<number> => {
    const now = Date.now();
    const answer = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - WINDOW_MS),
        EndTime: new Date(now + 60_000),
        MetricDataQueries: [
          {
            Id: 'value',
            MetricStat: {
              Metric: {
                Namespace: metric.namespace,
                MetricName: metric.name,
                Dimensions: metric.dimensions,
              },
              Period: PERIOD_S,
              Stat: metric.stat,
            },
          },
        ],
      }),
    );
    const values = answer.MetricDataResults?.[0]?.Values ?? [];
    return metric.stat === 'Sum'
      ? values.reduce((sum, value) => sum + value, 0)
      : Math.max(0, ...values);
  };
  const enrich = (name: string, stat: string) =>
    statistic({ namespace: 'Kindred', name, dimensions: service('enrich'), stat });

  return {
    folded: () => enrich('EventsFolded', 'Sum'),
    duplicate: () => enrich('EventsDuplicate', 'Sum'),
    poison: () => enrich('EventsPoison', 'Sum'),
    delivered: () =>
      statistic({
        namespace: 'AWS/Firehose',
        name: 'DeliveryToS3.Records',
        dimensions: [
          { Name: 'DeliveryStreamName', Value: connection.resources.DeliveryStreamName ?? '' },
        ],
        stat: 'Sum',
      }),
    freshnessMs: async () => ({
      p50: await enrich('FreshnessMs', 'p50'),
      p99: await enrich('FreshnessMs', 'p99'),
    }),
    profileCount: () => countProfiles(dynamoDb, connection.resources.ProfilesTableName ?? ''),
  };
}

interface MetricRequest {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { Name: string; Value: string }[];
  readonly stat: string;
}

async function countProfiles(client: DynamoDBClient, table: string): Promise<number> {
  let count = 0;
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      Select: 'COUNT',
      FilterExpression: 'attribute_not_exists(mergedInto)',
    },
  );
  for await (const page of pages) count += page.Count ?? 0;
  return count;
}

/** Client settings for a connection: its endpoint where it names one, AWS's own otherwise. */
function clientOptions(connection: Connection, service: string) {
  const endpoint = connection.aws[service];
  return endpoint === undefined
    ? { region: connection.region }
    : {
        region: connection.region,
        endpoint,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      };
}
