/** One record of a stream's shard. */
export interface StreamRecord {
  /** Of equal length within a stream, so that the order of text is the order of numbers. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Epoch milliseconds */
  readonly arrivedAtMs: number;
}

export interface SourceShard {
  /** The shards that it was split from or merged of. */
  readonly parentIds: readonly string[];
  /** It takes no more records. */
  readonly isClosed: boolean;
}

/** What the mapping needs of a stream: Lambda reads it beside the public API, and so does this. */
export interface RecordSource {
  /** All shards, those too that resharding closed or opened meanwhile. */
  shardIds(): readonly string[];
  shard(shardId: string): SourceShard;
  /** Records after a sequence number, from the shard's start without one. */
  read(
    shardId: string,
    after: string | undefined,
    recordsMax: number,
  ): readonly StreamRecord[] | Promise<readonly StreamRecord[]>;
  /** Ends when the shard holds a record after the one named, or is closed, or the signal aborts. */
  waitForRecords(shardId: string, after: string | undefined, signal: AbortSignal): Promise<void>;
}
