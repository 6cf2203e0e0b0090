import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { storedProfiles } from '../../adapters/dynamodb/profile-store.ts';
import { wholeProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { type Connection, clientOptions } from '../connection.ts';
import type { Asked } from './demo-source.ts';

/** Enrichment's metrics are read back through CloudWatch, as on-call engineers read them. */
export interface Measurements {
  /** Records that enrichment has worked off, whatever it found; one that came twice counts twice. */
  workedOff(): Promise<number>;
  /** Events that the profiles hold: the truth that the metrics only approach. */
  profileEvents(): Promise<number>;
  /** Events recognised as seen before. */
  duplicate(): Promise<number>;
  /** Events delivered to the lake. */
  delivered(): Promise<number>;
  /** Receipt-to-profile time of all events, in milliseconds. */
  freshnessMs(): Promise<{ p50: number; p99: number }>;
  /** Number of profiles, tombstones of merged ones left out. */
  profileCount(): Promise<number>;
  /** The customer with the most orders and one with a single order, by their keys. */
  extremeCustomers(): Promise<Asked[]>;
  close(): void;
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
    workedOff: async () =>
      (await enrich('EventsFolded', 'Sum')) +
      (await enrich('EventsDuplicate', 'Sum')) +
      (await enrich('EventsRedelivered', 'Sum')) +
      (await enrich('EventsErased', 'Sum')) +
      (await enrich('EventsPoison', 'Sum')),
    profileEvents: async () => {
      const profiles = await readProfiles(dynamoDb, connection.resources.ProfilesTableName ?? '');
      return profiles.reduce((sum, { eventCount }) => sum + eventCount, 0);
    },
    duplicate: () => enrich('EventsDuplicate', 'Sum'),
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
    profileCount: async () =>
      (await readProfiles(dynamoDb, connection.resources.ProfilesTableName ?? '')).length,
    extremeCustomers: async () =>
      extremesOf(await readProfiles(dynamoDb, connection.resources.ProfilesTableName ?? '')),
    close: () => {
      cloudWatch.destroy();
      dynamoDb.destroy();
    },
  };
}

interface MetricRequest {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { Name: string; Value: string }[];
  readonly stat: string;
}

/** All profiles, tombstones of merged ones left out. */
async function readProfiles(client: DynamoDBClient, table: string): Promise<Profile[]> {
  const items: StoredItem[] = [];
  const pages = paginateScan({ client }, { TableName: table, ConsistentRead: true });
  for await (const page of pages) items.push(...(page.Items ?? []));
  return [...storedProfiles(items).values()].flatMap((stored) =>
    stored.kind === 'profile' ? [wholeProfile(stored)] : [],
  );
}

/** A profile id is a customer key too, so no raw identifier needs to be known here. */
function extremesOf(profiles: readonly Profile[]): Asked[] {
  const byOrders = profiles.toSorted(
    (a, b) => b.orders.count - a.orders.count || (a.profileId < b.profileId ? -1 : 1),
  );
  const single = byOrders.find(({ orders }) => orders.count === 1);
  return [
    { kind: 'warm', key: byOrders[0]?.profileId ?? '' },
    { kind: 'cold', key: single?.profileId ?? '' },
  ];
}
