import { createHash } from 'node:crypto';
import * as z from 'zod';
import { startFirehose } from '../engines/firehose.ts';
import type { KinesisEngine } from '../engines/kinesis.ts';
import { EventSourceMapping } from '../event-source/event-source-mapping.ts';
import type { BatchReport, MappingDefinition } from '../event-source/mapping-definition.ts';
import type { RecordSource } from '../event-source/record-source.ts';
import { type ResourceKind, type ResourcePlace, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import { arnOf, type CloudParts, type ConsumerStart, nameInArn, putMetric } from './cloud-parts.ts';
import { definitionNamed } from './functions.ts';

/** Limits and defaults: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html */
const mapping = z.strictObject({
  FunctionName: z.string(),
  EventSourceArn: z.string().regex(/^arn:aws:kinesis:/u, 'must be a Kinesis stream'),
  Enabled: z.boolean().default(true),
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.coerce.number().int().min(0).max(300).default(0),
  ParallelizationFactor: z.coerce.number().int().min(1).max(10).default(1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  /** -1 stands for ever. */
  MaximumRetryAttempts: z.coerce.number().int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.coerce.number().int().min(-1).max(604_800).default(-1),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({
        Destination: z.string().regex(/^arn:aws:s3:::/u, 'must be a bucket'),
      }),
    })
    .optional(),
});

const parameter = z.discriminatedUnion('ParameterName', [
  z.strictObject({
    ParameterName: z.literal('MetadataExtractionQuery'),
    ParameterValue: z.string(),
  }),
  z.strictObject({
    ParameterName: z.literal('JsonParsingEngine'),
    ParameterValue: z.literal('JQ-1.6'),
  }),
]);

const delivery = z.strictObject({
  DeliveryStreamName: z.string().optional(),
  DeliveryStreamType: z.literal('KinesisStreamAsSource'),
  KinesisStreamSourceConfiguration: z.strictObject({ KinesisStreamARN: z.string() }),
  ExtendedS3DestinationConfiguration: z.strictObject({
    BucketARN: z.string(),
    Prefix: z.string().default(''),
    ErrorOutputPrefix: z.string().default(''),
    CompressionFormat: z.enum(['GZIP', 'UNCOMPRESSED']).default('UNCOMPRESSED'),
    BufferingHints: z
      .strictObject({
        IntervalInSeconds: z.coerce.number().min(0).max(900).default(300),
        SizeInMBs: z.coerce.number().min(1).max(128).default(5),
      })
      .default({ IntervalInSeconds: 300, SizeInMBs: 5 }),
    DynamicPartitioningConfiguration: z
      .strictObject({ Enabled: z.literal(true), RetryOptions: z.unknown().optional() })
      .optional(),
    ProcessingConfiguration: z
      .strictObject({
        Enabled: z.literal(true),
        Processors: z.tuple([
          z.strictObject({ Type: z.literal('MetadataExtraction'), Parameters: z.array(parameter) }),
        ]),
      })
      .optional(),
  }),
});

/** Bytes read from a shard at once, as Kinesis' GetRecords. */
const READ_BYTES_MAX = 10 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

/** What reads a stream: functions' mappings, and the lake's delivery. */
export function streamConsumerKinds(parts: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::Lambda::EventSourceMapping', mapping, (properties, place) => {
      const definition = mappingDefinition(parts, properties, place);
      const bucket = properties.DestinationConfig?.OnFailure.Destination.split(':::')[1];
      if (properties.Enabled) parts.consumers.push(mappingStart(parts, definition, bucket));
      return { ref: definition.id, attributes: { Id: definition.id } };
    }),
    resourceKind('AWS::KinesisFirehose::DeliveryStream', delivery, (properties, place) => {
      const name = properties.DeliveryStreamName ?? place.physicalName;
      parts.consumers.push(deliveryStart(parts, name, properties));
      return { ref: name, attributes: { Arn: arnOf(parts, 'firehose', `deliverystream/${name}`) } };
    }),
  ];
}

function mappingDefinition(
  parts: CloudParts,
  properties: z.infer<typeof mapping>,
  { physicalName }: ResourcePlace,
): MappingDefinition {
  const { arn, name } = definitionNamed(parts, properties.FunctionName);
  const { MaximumRetryAttempts: retries, MaximumRecordAgeInSeconds: ageSeconds } = properties;
  return {
    id: uuidOf(physicalName),
    functionName: name,
    functionArn: arn,
    streamArn: properties.EventSourceArn,
    region: parts.region,
    batchSize: properties.BatchSize,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1000,
    parallelizationFactor: properties.ParallelizationFactor,
    bisectsOnError: properties.BisectBatchOnFunctionError,
    reportsItemFailures: properties.FunctionResponseTypes.length > 0,
    retriesMax: retries === -1 ? undefined : retries,
    recordAgeMsMax: ageSeconds === -1 ? undefined : ageSeconds * 1000,
    startingPosition: properties.StartingPosition,
  };
}

function mappingStart(
  parts: CloudParts,
  definition: MappingDefinition,
  failureBucket: string | undefined,
): ConsumerStart {
  const stream = nameInArn(definition.streamArn);
  return () =>
    new EventSourceMapping(definition, {
      source: recordSource(parts.kinesis, stream, definition.id),
      invoke: (payload) => parts.functions.invoke(definition.functionArn, payload),
      deliverFailure:
        failureBucket === undefined
          ? undefined
          : ({ key, body }) => parts.s3.putObject(failureBucket, key, Buffer.from(body)),
      onBatch: (report) => tellBatch(parts, definition, report),
    });
}

/** A mapping keeps what it has read until it is handled, so the stream need not. */
export function recordSource(
  kinesis: KinesisEngine,
  stream: string,
  consumer: string,
): RecordSource {
  kinesis.registerConsumer(stream, consumer);
  return {
    shardIds: () => kinesis.shardIds(stream),
    shard: (shardId) => kinesis.shard(stream, shardId),
    read: (shardId, after, recordsMax) => {
      if (after !== undefined) kinesis.checkpoint(stream, shardId, consumer, after);
      return kinesis.read(stream, shardId, after, {
        recordCount: recordsMax,
        bytes: READ_BYTES_MAX,
      });
    },
    waitForRecords: (shardId, after, signal) =>
      kinesis.waitForRecords(stream, shardId, after, signal),
  };
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
function tellBatch(parts: CloudParts, definition: MappingDefinition, report: BatchReport): void {
  const { functionName, id } = definition;
  const ofFunction = (name: string, value: number) =>
    putMetric(parts, 'AWS/Lambda', name, { FunctionName: functionName }, value);
  const ofMapping = (name: string, value: number) =>
    putMetric(parts, 'AWS/Lambda', name, { EventSourceMappingUUID: id }, value);
  const { recordCount, shardId } = report;
  if (report.kind === 'invoked') {
    ofFunction('IteratorAge', report.iteratorAgeMs);
    ofMapping('InvokedEventCount', recordCount);
    ofMapping('FailedInvokeEventCount', report.failedCount);
  } else if (report.kind === 'lost') {
    ofFunction('DestinationDeliveryFailures', 1);
    ofMapping('DroppedEventCount', recordCount);
  } else ofMapping('OnFailureDestinationDeliveredEventCount', recordCount);
  parts.log({
    kind: 'batch',
    functionName: parts.functions.find(functionName)?.definition.logicalId ?? functionName,
    shardId,
    recordCount,
    outcome: report.kind === 'invoked' ? report.outcome : `${report.kind}: ${report.reason}`,
    failedCount: report.kind === 'invoked' ? report.failedCount : recordCount,
    durationMs: report.kind === 'invoked' ? report.durationMs : 0,
  });
}

function deliveryStart(
  parts: CloudParts,
  name: string,
  properties: z.infer<typeof delivery>,
): ConsumerStart {
  const destination = properties.ExtendedS3DestinationConfiguration;
  const bucket = destination.BucketARN.split(':::')[1];
  if (bucket === undefined) throw new TemplateError(`${destination.BucketARN} is not a bucket.`);
  return () => {
    const firehose = startFirehose({
      name,
      kinesis: parts.kinesis,
      stream: nameInArn(properties.KinesisStreamSourceConfiguration.KinesisStreamARN),
      partitions: {
        prefix: destination.Prefix,
        errorPrefix: destination.ErrorOutputPrefix,
        query: queryOf(destination),
      },
      intervalMs: destination.BufferingHints.IntervalInSeconds * 1000,
      sizeBytes: destination.BufferingHints.SizeInMBs * MEGABYTE,
      isGzip: destination.CompressionFormat === 'GZIP',
      put: (key, body, headers) => parts.s3.putObject(bucket, key, body, headers),
      onDelivered: (recordCount, bytes) => {
        const dimensions = { DeliveryStreamName: name };
        putMetric(parts, 'AWS/Firehose', 'DeliveryToS3.Records', dimensions, recordCount);
        parts.log({ kind: 'delivery', recordCount, bytes });
      },
      onError: (message) => parts.log({ kind: 'trouble', message }),
    });
    return { drain: () => firehose.flush(), stop: () => firehose.stop() };
  };
}

function queryOf(
  destination: z.infer<typeof delivery>['ExtendedS3DestinationConfiguration'],
): string | undefined {
  if (destination.DynamicPartitioningConfiguration === undefined) return undefined;
  const parameters = destination.ProcessingConfiguration?.Processors[0].Parameters ?? [];
  const query = parameters.find((one) => one.ParameterName === 'MetadataExtractionQuery');
  if (query === undefined) throw new TemplateError('dynamic partitioning needs a query');
  return query.ParameterValue;
}

/** The same id at every start. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
