/** One record of a stream's shard. */
export interface StreamRecord {
  /** Of equal length within a stream, so that the order of text is the order of numbers. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Epoch milliseconds */
  readonly arrivedAtMs: number;
}

/** What the mapping needs of a stream: Lambda reads it beside the public API, and so does this. */
export interface RecordSource {
  shardIds(): readonly string[];
  /** Records after a sequence number, from the shard's start without one. */
  read(
    shardId: string,
    after: string | undefined,
    recordsMax: number,
  ): readonly StreamRecord[] | Promise<readonly StreamRecord[]>;
  /** Ends when the shard holds a record after the one named, or the signal aborts. */
  waitForRecords(shardId: string, after: string | undefined, signal: AbortSignal): Promise<void>;
}
