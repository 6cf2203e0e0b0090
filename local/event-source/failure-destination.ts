import type { StreamRecord } from './record-source.ts';

export type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** A batch that Lambda gave up on. */
export interface DiscardedBatch {
  readonly reason: DiscardReason;
  readonly records: readonly StreamRecord[];
  readonly mappingId: string;
  readonly shardId: string;
  readonly streamArn: string;
  readonly functionArn: string;
  readonly invokeCount: number;
  /** Of the last invocation; undefined when none was made. */
  readonly requestId: string | undefined;
  /** The event, JSON. */
  readonly payload: string;
  readonly discardedAtMs: number;
  /** Makes the object's key unique. */
  readonly uniqueId: string;
}

export interface FailureObject {
  readonly key: string;
  readonly body: string;
}

/**
 * The object that an S3 on-failure destination gets, its payload included.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export function failureObject(batch: DiscardedBatch): FailureObject {
  const { records, requestId, discardedAtMs } = batch;
  const [first] = records;
  const last = records.at(-1);
  const at = new Date(discardedAtMs).toISOString();
  const document = {
    requestContext: {
      requestId: requestId ?? batch.uniqueId,
      functionArn: batch.functionArn,
      condition: batch.reason,
      approximateInvokeCount: batch.invokeCount,
    },
    ...(requestId === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            functionError: 'Unhandled',
          },
        }),
    version: '1.0',
    timestamp: at,
    KinesisBatchInfo: {
      shardId: batch.shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: isoTime(first),
      approximateArrivalOfLastRecord: isoTime(last),
      batchSize: records.length,
      streamArn: batch.streamArn,
    },
    payload: batch.payload,
  };
  const day = at.slice(0, 10).replaceAll('-', '/');
  const time = at.slice(0, 19).replaceAll(':', '.');
  return {
    key: `aws/lambda/${batch.mappingId}/${batch.shardId}/${day}/${time}-${batch.uniqueId}`,
    body: JSON.stringify(document),
  };
}

function isoTime(record: StreamRecord | undefined): string | undefined {
  return record === undefined ? undefined : new Date(record.arrivedAtMs).toISOString();
}
