import type { InvokeResult } from '../lambda/lambda-function.ts';
import type { FailureObject } from './failure-destination.ts';
import type { RecordSource } from './record-source.ts';

/** An event source mapping of the template, resolved. */
export interface MappingDefinition {
  readonly id: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** Batches of one shard in flight at once, each with partition keys of its own. */
  readonly parallelizationFactor: number;
  readonly bisectsOnError: boolean;
  readonly reportsItemFailures: boolean;
  /** Undefined for no bound, Lambda's default. */
  readonly retriesMax: number | undefined;
  readonly recordAgeMsMax: number | undefined;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
}

/** The rest of the cloud, as a mapping sees it. */
export interface MappingDependencies {
  readonly source: RecordSource;
  readonly invoke: (payload: string) => Promise<InvokeResult>;
  /** Writes to the on-failure destination; undefined without one. */
  readonly deliverFailure: ((failure: FailureObject) => Promise<void>) | undefined;
  readonly onBatch: (batch: BatchReport) => void;
}

/** What is told and counted of an invocation with a batch, or of a batch that was given up. */
export type BatchReport = {
  readonly shardId: string;
  readonly recordCount: number;
} & (
  | {
      readonly kind: 'invoked';
      readonly outcome: 'success' | 'partial' | 'failure' | 'throttled';
      /** Records that come again. */
      readonly failedCount: number;
      /** Age of the batch's last record when it was sent. */
      readonly iteratorAgeMs: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'delivered to the failure destination'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string }
);
