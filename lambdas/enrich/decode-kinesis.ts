import type { KinesisStreamRecord } from 'aws-lambda';
import type { StreamRecord } from './stream-record.ts';

/** A record of Kinesis, whose event id begins with its shard. */
export function kinesisRecord({ eventID, kinesis }: KinesisStreamRecord): StreamRecord {
  return {
    shardId: eventID.split(':')[0] ?? 'unknown',
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivedAtMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    data: kinesis.data,
  };
}
