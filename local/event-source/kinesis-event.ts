import type { StreamRecord } from './record-source.ts';

/** Where the records of an event come from. */
export interface EventOrigin {
  readonly shardId: string;
  readonly streamArn: string;
  readonly region: string;
  readonly roleArn: string;
}

/** What a record adds to an event beside its data and its key, rounded up. */
const RECORD_OVERHEAD_BYTES = 700;

/**
 * The event that a function gets for a batch.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export function kinesisEvent(records: readonly StreamRecord[], origin: EventOrigin) {
  return {
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: Buffer.from(record.data).toString('base64'),
        approximateArrivalTimestamp: record.arrivedAtMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${origin.shardId}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: origin.roleArn,
      awsRegion: origin.region,
      eventSourceARN: origin.streamArn,
    })),
  };
}

/** Bytes that a record takes in an event, at most. */
export function eventBytes({ data, partitionKey }: StreamRecord): number {
  return Math.ceil(data.length / 3) * 4 + Buffer.byteLength(partitionKey) + RECORD_OVERHEAD_BYTES;
}
