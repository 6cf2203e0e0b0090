/** A record of any stream that holds collected events, without what is special to the stream. */
export interface StreamRecord {
  /** The shard, partition or queue; names the place of a poison record. */
  readonly shardId: string;
  /** Decimal digits without leading zeros, rising within one partition key. */
  readonly sequenceNumber: string;
  /** What keeps the order; undefined where nothing does, and then message ids alone tell repeats. */
  readonly partitionKey: string | undefined;
  readonly arrivedAtMs: number;
  /** Base64 of one JSON document in UTF-8. */
  readonly data: string;
}
