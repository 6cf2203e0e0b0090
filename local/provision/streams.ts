import * as z from 'zod';
import { startFirehose } from '../engines/firehose.ts';
import { startKinesisMapping } from '../event-source/kinesis-mapping.ts';
import type { Provider } from '../template/deploy.ts';
import { arn, type CloudParts, functionNamed, REGION } from './cloud-parts.ts';
import { physicalName } from './storage.ts';

const streamProperties = z.strictObject({
  Name: z.string().optional(),
  ShardCount: z.number().int().optional(),
  StreamModeDetails: z
    .strictObject({ StreamMode: z.enum(['ON_DEMAND', 'PROVISIONED']) })
    .optional(),
});
const mappingProperties = z.strictObject({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.number().int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.number().min(0).max(300).default(0),
  ParallelizationFactor: z.number().int().min(1).max(10).default(1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumRetryAttempts: z.number().int().min(-1).default(-1),
  MaximumRecordAgeInSeconds: z.number().int().min(-1).default(-1),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({ Destination: z.string().startsWith('arn:aws:s3:::') }),
    })
    .optional(),
  Enabled: z.boolean().default(true),
});
const deliveryProperties = z.strictObject({
  DeliveryStreamName: z.string().optional(),
  DeliveryStreamType: z.literal('KinesisStreamAsSource'),
  KinesisStreamSourceConfiguration: z.strictObject({
    KinesisStreamARN: z.string(),
    RoleARN: z.string(),
  }),
  ExtendedS3DestinationConfiguration: z.strictObject({
    BucketARN: z.string(),
    RoleARN: z.string(),
    Prefix: z.string().default(''),
    // Nothing is converted here, so nothing can fail to be and land there.
    ErrorOutputPrefix: z.string().optional(),
    BufferingHints: z.strictObject({
      IntervalInSeconds: z.number().min(0).max(900),
      SizeInMBs: z.number().min(1).max(128),
    }),
    CompressionFormat: z.enum(['GZIP', 'UNCOMPRESSED']).default('UNCOMPRESSED'),
    CloudWatchLoggingOptions: z.looseObject({}).optional(),
  }),
});

/** The stream, what folds it and what keeps it. */
export function streamProviders(parts: CloudParts): Record<string, Provider> {
  return {
    'AWS::Kinesis::Stream': async ({ stack, logicalId, properties }) => {
      const { Name, ShardCount } = streamProperties.parse(properties);
      const name = Name ?? physicalName(stack, logicalId);
      parts.kinesis.createStream(name, ShardCount);
      return { ref: name, attributes: { Arn: arn('kinesis', `stream/${name}`) } };
    },
    'AWS::Lambda::EventSourceMapping': async ({ logicalId, properties }) => {
      startMapping(parts, logicalId, mappingProperties.parse(properties));
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
    'AWS::KinesisFirehose::DeliveryStream': async ({ stack, logicalId, properties }) => {
      const name = startDelivery(
        parts,
        physicalName(stack, logicalId),
        deliveryProperties.parse(properties),
      );
      return { ref: name, attributes: { Arn: arn('firehose', `deliverystream/${name}`) } };
    },
  };
}

function startMapping(
  parts: CloudParts,
  uuid: string,
  mapping: z.infer<typeof mappingProperties>,
): void {
  if (!mapping.Enabled) return;
  const target = functionNamed(parts, mapping.FunctionName);
  const bucket = mapping.DestinationConfig?.OnFailure.Destination.split(':::')[1];
  const seconds = mapping.MaximumRecordAgeInSeconds;
  parts.onReady.push(() => {
    const running = startKinesisMapping({
      uuid,
      stream: nameIn(mapping.EventSourceArn),
      streamArn: mapping.EventSourceArn,
      region: REGION,
      target,
      kinesis: parts.kinesis,
      batchSize: mapping.BatchSize,
      batchingWindowMs: mapping.MaximumBatchingWindowInSeconds * 1000,
      parallelizationFactor: mapping.ParallelizationFactor,
      bisectsOnError: mapping.BisectBatchOnFunctionError,
      reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
      retryAttemptsMax: mapping.MaximumRetryAttempts,
      recordAgeMsMax: seconds < 0 ? -1 : seconds * 1000,
      startsAtLatest: mapping.StartingPosition === 'LATEST',
      onFailure:
        bucket === undefined
          ? undefined
          : (key, document) => parts.s3.putObject(bucket, key, Buffer.from(document)),
      onMetric: (name, value) => putMappingMetric(parts, uuid, target.name, name, value),
      onBatch: ({ recordCount, outcome, shardId }) =>
        parts.log({
          source: 'stream',
          text: `${recordCount} records of ${shardId.slice(-2)} ▸ ${target.name}: ${outcome}`,
        }),
    });
    parts.onStop.push(() => running.stop());
  });
}

/** Metrics of the mapping itself carry its id, those of the function its name. */
function putMappingMetric(
  parts: CloudParts,
  uuid: string,
  functionName: string,
  name: string,
  value: number,
): void {
  const dimensions: Record<string, string> =
    name === 'IteratorAge' ? { FunctionName: functionName } : { EventSourceMappingUUID: uuid };
  parts.cloudWatch.metrics.put({ namespace: 'AWS/Lambda', name, dimensions }, value, Date.now());
}

function startDelivery(
  parts: CloudParts,
  defaultName: string,
  { DeliveryStreamName, ...delivery }: z.infer<typeof deliveryProperties>,
): string {
  const name = DeliveryStreamName ?? defaultName;
  const destination = delivery.ExtendedS3DestinationConfiguration;
  const bucket = destination.BucketARN.split(':::')[1] ?? '';
  const dimensions = { DeliveryStreamName: name };
  parts.onReady.push(() => {
    const running = startFirehose({
      name,
      kinesis: parts.kinesis,
      stream: nameIn(delivery.KinesisStreamSourceConfiguration.KinesisStreamARN),
      prefix: destination.Prefix,
      intervalMs: destination.BufferingHints.IntervalInSeconds * 1000,
      sizeBytes: destination.BufferingHints.SizeInMBs * 1024 * 1024,
      isGzip: destination.CompressionFormat === 'GZIP',
      put: (key, body, headers) => parts.s3.putObject(bucket, key, body, headers),
      onDelivered: (recordCount, byteCount) => {
        const metric = { namespace: 'AWS/Firehose', name: 'DeliveryToS3.Records', dimensions };
        parts.cloudWatch.metrics.put(metric, recordCount, Date.now());
        parts.log({ source: 'lake', text: `${recordCount} events, ${byteCount} bytes written` });
      },
      onError: (message) => parts.log({ source: 'lake', text: message }),
    });
    parts.onStop.push(() => running.stop());
  });
  return name;
}

function nameIn(streamArn: string): string {
  return streamArn.split('/').at(-1) ?? '';
}
