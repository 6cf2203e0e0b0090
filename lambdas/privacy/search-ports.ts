import type { S3Client } from '@aws-sdk/client-s3';
import type { DataBucket } from '../../core/privacy/areas.ts';
import type { AreaCounts } from '../../core/privacy/counts.ts';
import type { Trace } from '../../core/privacy/trace.ts';

/** What a piece of work reaches out to. */
export interface SearchPorts {
  readonly client: S3Client;
  readonly buckets: Readonly<Record<DataBucket, string>>;
  readonly trace: Trace;
  /** Whether what is found is taken out; else it is only looked at. */
  readonly isErasing: boolean;
  readonly sink: SearchSink;
  readonly nowMs: () => number;
}

/** Where what was found goes. */
export interface SearchSink {
  /** Resolves when all of it is durable that nobody could find again once the object has changed. */
  take(area: string, key: string, records: readonly unknown[]): Promise<void>;
  /** Resolves when it is durable that this is about to become of an object; of erasures alone. */
  changing(area: string, key: string, outcome: ObjectOutcome): Promise<void>;
  /** Parts that were written of all that was taken, which is durable then. */
  flush(): Promise<number>;
}

/** What became of one object. */
export interface ObjectOutcome extends Pick<AreaCounts, 'deleted' | 'rewritten' | 'records'> {
  readonly isBroken?: boolean;
}

export const UNTOUCHED: ObjectOutcome = { deleted: 0, rewritten: 0, records: 0 };
