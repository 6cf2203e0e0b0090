import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type AlarmEntry,
  GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  onAny,
  onTwoOfThree,
  PERIOD,
  written,
} from './alarm-terms.ts';
import { servingAlarms } from './serving-alarms.ts';

const MS_PER_MINUTE = 60_000;
const SECONDS_PER_MINUTE = 60;

/**
 * Every alarm but quarantine's is on a single metric that has a value whenever there is something to ring
 * about: an expression over several has none while one of them has never been written, as those of
 * failures have not in a healthy deployment. Quarantine's shares alone need two.
 */
export const alarmList: readonly AlarmEntry[] = [
  {
    id: 'iterator-age',
    title: 'Events wait for the enricher',
    meaning: 'The oldest event not yet folded into a profile is older than it may be.',
    metric: ({ enrich }) =>
      enrich.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: PERIOD }),
    threshold: ({ iteratorAgeMinutes }) => iteratorAgeMinutes * MS_PER_MINUTE,
    ...onTwoOfThree,
  },
  {
    id: 'abandoned-batches',
    title: 'Batches in the failures bucket',
    meaning: 'Lambda gave up on events and wrote them to the failures bucket.',
    // Counted by the mapping where it happens. S3 has no exact and timely count of new objects:
    // its storage metrics are daily and its request metrics best-effort.
    metric: ({ mapping }) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'OnFailureDestinationDeliveredEventCount',
        dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
        statistic: Stats.SUM,
        period: PERIOD,
      }),
    ...onAny,
  },
  {
    id: 'lost-events',
    title: 'Events lost on the way to the failures bucket',
    meaning: 'Lambda gave up on events and could not write them to the failures bucket.',
    metric: ({ enrich }) =>
      enrich.metric('DestinationDeliveryFailures', { statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'poison-events',
    title: 'Poison events in the failures bucket',
    meaning: 'The enricher met records that it cannot read and set them aside.',
    metric: () => written('enrich', 'EventsPoison', Stats.SUM),
    ...onAny,
  },
  {
    id: 'identities-refused',
    title: 'Customers with too many identities',
    meaning:
      'Events named more identities of a customer than one may have: a shared device, a test account or a faulty integration.',
    metric: () => written('enrich', 'IdentitiesRefused', Stats.SUM),
    ...onAny,
  },
  {
    id: 'collector-errors',
    title: 'The collector fails',
    meaning: 'Invocations of the collector ended in an error; clients are retrying.',
    metric: ({ collect }) => collect.metricErrors({ statistic: Stats.SUM, period: PERIOD }),
    threshold: ({ collectorFailures }) => collectorFailures,
    comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    periods: 1,
    breaches: 1,
  },
  {
    id: 'collector-throttles',
    title: 'The collector is throttled',
    meaning: 'Invocations of the collector were refused for want of concurrency.',
    metric: ({ collect }) => collect.metricThrottles({ statistic: Stats.SUM, period: PERIOD }),
    threshold: ({ collectorFailures }) => collectorFailures,
    comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    periods: 1,
    breaches: 1,
  },
  {
    id: 'quarantine-share',
    title: 'Share of events in quarantine',
    meaning: 'More of the events than usual are refused as invalid.',
    ...onQuarantineShareOf('collect'),
  },
  {
    id: 'quarantine-share-webhooks',
    title: 'Share of webhook events in quarantine',
    meaning: 'More of what ESPs send than usual is refused as invalid.',
    ...onQuarantineShareOf('webhooks'),
  },
  {
    id: 'quarantine-share-pulls',
    title: 'Share of pulled records in quarantine',
    meaning: 'More of what is read from other systems than usual is refused as invalid.',
    ...onQuarantineShareOf('pull'),
  },
  {
    id: 'quarantine-share-files',
    title: 'Share of file events in quarantine',
    meaning: 'More of what dropped files hold than usual is refused as invalid.',
    ...onQuarantineShareOf('importchunk'),
  },
  {
    id: 'webhooks-refused',
    title: 'Webhooks are refused',
    meaning: 'Requests to a webhook failed their verification; an ESP’s events may be missing.',
    metric: () => written('webhooks', 'WebhooksRefused', Stats.SUM),
    threshold: ({ webhooksRefused }) => webhooksRefused,
    ...onTwoOfThree,
  },
  {
    id: 'currents-failed',
    title: 'A file of Braze Currents was not taken in',
    meaning: 'Reading a file that Braze delivered ended in an error; its events may be missing.',
    metric: ({ currents }) => currents.metricErrors({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'api-5xx',
    title: 'Share of API requests answered 5xx',
    meaning: 'The API fails more of its requests than it may.',
    // The average of a metric that is 0 or 1 per request is the share.
    metric: ({ api }) => api.metricServerError({ statistic: Stats.AVERAGE, period: PERIOD }),
    threshold: ({ apiServerErrorShare }) => apiServerErrorShare,
    ...onTwoOfThree,
  },
  ...servingAlarms,
  {
    id: 'training-failed',
    title: 'Training failed',
    meaning: 'A run of the training workflow ended in an error.',
    metric: ({ stateMachine }) =>
      stateMachine.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'training-timed-out',
    title: 'Training timed out',
    meaning: 'A run of the training workflow took longer than it may and was stopped.',
    metric: ({ stateMachine }) =>
      stateMachine.metricTimedOut({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'pull-failures',
    title: 'A pulled source fails',
    meaning: 'Runs over a source that is read by Kindred end in errors; it backs off.',
    metric: () => written('pull', 'PullFailures', Stats.SUM),
    threshold: () => 1,
    comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    periods: 12,
    breaches: 3,
  },
  {
    id: 'pull-stale',
    title: 'A pulled source is behind',
    meaning: 'A source has not been read to its end for longer than it may.',
    metric: () => written('pull', 'PullLagSeconds', Stats.MAXIMUM),
    threshold: ({ pullLagMinutes }) => pullLagMinutes * SECONDS_PER_MINUTE,
    ...onTwoOfThree,
  },
  {
    id: 'compaction-failed',
    title: 'Compaction failed',
    meaning: 'A day of the lake was not made into Parquet; queries over it find nothing.',
    metric: ({ compaction }) => compaction.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'audit-stopped',
    title: 'The data says stop',
    meaning:
      'The nightly audit found that an expectation of severity stop is unmet, or could not be made.',
    metric: ({ audit }) => audit.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'audit-holds-back',
    title: 'Rows that should not be built on',
    meaning:
      'The nightly audit found more rows than are put up with that an expectation of severity quarantine does not expect.',
    metric: () => written('audit', 'AuditHoldsBack', Stats.SUM),
    ...onAny,
  },
  {
    id: 'cart-sweep-failed',
    title: 'The sweep for abandoned carts failed',
    meaning: 'Carts that were left are not found; reminders wait for the next sweep that succeeds.',
    metric: ({ carts }) => carts.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onTwoOfThree,
    threshold: () => 0,
  },
  {
    id: 'replay-failed',
    title: 'Replay failed',
    meaning: 'A replay of quarantined calls or of the lake ended in an error before its end.',
    metric: ({ replay }) => replay.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'replay-timed-out',
    title: 'Replay timed out',
    meaning: 'A replay took longer than a day and was stopped before its end.',
    metric: ({ replay }) => replay.metricTimedOut({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'erasure-failed',
    title: 'An erasure failed',
    meaning: 'A customer asked to be erased, and data of the customer may still be stored.',
    metric: ({ erase }) => erase.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'erasure-timed-out',
    title: 'An erasure takes too long',
    meaning: 'An erasure was stopped after three days; the law gives a month.',
    metric: ({ erase }) => erase.metricTimedOut({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'export-failed',
    title: 'An export of a customer’s data failed',
    meaning: 'A customer asked what is stored, and the answer could not be collected.',
    metric: ({ exportCustomer }) =>
      exportCustomer.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'recommendation-export-failed',
    title: 'An export of recommendations failed',
    meaning: 'Files of recommendation lists were not written, or not all of them.',
    metric: ({ exportRecommendations }) =>
      exportRecommendations.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'import-failed',
    title: 'An import failed',
    meaning: 'A file that was dropped could not be imported, or not to its end.',
    metric: ({ imports }) => imports.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'sample-ratio-mismatch',
    title: 'An experiment’s customers are not in the shares that it says',
    meaning:
      'Customers of one variant go missing more than those of another: nothing that the experiment says can be believed.',
    metric: () => written('analyse', 'SampleRatioMismatch', Stats.SUM),
    ...onAny,
  },
  {
    id: 'experiments-failed',
    title: 'Results of experiments were not made',
    meaning: 'The nightly analysis of one or several experiments ended in an error.',
    metric: ({ experiments }) => experiments.metricFailed({ statistic: Stats.SUM, period: PERIOD }),
    ...onAny,
  },
  {
    id: 'feed-held-back',
    title: 'A product feed takes away too much',
    meaning:
      'A full product feed lacks more items than it may, or has rows that cannot be read; missing items stay for sale.',
    metric: () => written('importmanifest', 'FeedsHeldBack', Stats.SUM),
    ...onAny,
  },
];

/**
 * Rings on the share of events that a way in put into quarantine. One alarm a way: many good events of
 * the site would hide that all of an ESP's are refused.
 */
function onQuarantineShareOf(functionId: string): Omit<AlarmEntry, 'id' | 'title' | 'meaning'> {
  return {
    metric: () =>
      new MathExpression({
        // Functions write either only when they have some: filled, or a flood of nothing but bad
        // events, the worst case, would have no value.
        expression: 'FILL(quarantined, 0) / (FILL(accepted, 0) + FILL(quarantined, 0))',
        label: 'share of events quarantined',
        usingMetrics: {
          quarantined: written(functionId, 'EventsQuarantined', Stats.SUM),
          accepted: written(functionId, 'EventsAccepted', Stats.SUM),
        },
        period: PERIOD,
      }),
    threshold: ({ quarantineShare }) => quarantineShare,
    ...onTwoOfThree,
  };
}
