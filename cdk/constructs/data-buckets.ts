import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface DataBucketsProps {
  readonly retainsState: boolean;
  readonly lakeRetentionDays: number;
}

/** Training reads a snapshot once; a week allows to repeat a run on the same data. */
const SNAPSHOT_RETENTION_DAYS = 7;
/** A compaction that was given up is started again from its beginning. */
const PROGRESS_RETENTION_DAYS = 7;
/** Answers of queries may hold personal data; whoever needs one longer keeps a copy. */
const QUERY_RESULT_RETENTION_DAYS = 7;
/** A quarantined or failed event is replayed within weeks or never. */
const QUARANTINE_RETENTION_DAYS = 90;
const FAILURE_RETENTION_DAYS = 90;
/** A file is in the events after minutes; a quarter of a year is for repairs. */
const DROP_RETENTION_DAYS = 90;
/** What was imported is remembered longer than yearly files take to come again. */
const LEDGER_RETENTION_DAYS = 400;
const ACCESS_LOG_RETENTION_DAYS = 90;
/** An upload that has not ended in a day never will. */
const UPLOAD_ABANDONED_DAYS = 1;
/** How long an overwritten or deleted object can be brought back. */
const NONCURRENT_RETENTION_DAYS = 30;

/** The buckets of the data flow, and the one that logs who read them. */
export class DataBuckets extends Construct {
  /** `raw/` events by day of arrival and source, `curated/` Parquet, `snapshots/`, answers in `athena/`. */
  readonly lake: Bucket;
  /** `models/<id>/`, immutable. */
  readonly models: Bucket;
  /** Refused events, kept and replayable. */
  readonly quarantine: Bucket;
  /** What the enricher could not fold: poison records and abandoned batches. */
  readonly failures: Bucket;
  /** Files to import, and beside them what became of their rows; Braze's below `currents/`. */
  readonly drop: Bucket;

  private readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: DataBucketsProps) {
    super(scope, id);
    const { retainsState } = props;
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...secured(retainsState),
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [expire(ACCESS_LOG_RETENTION_DAYS)],
    });
    this.lake = this.bucket('Lake', retainsState, [
      expire(props.lakeRetentionDays, 'raw/'),
      expire(props.lakeRetentionDays, 'errors/'),
      expire(props.lakeRetentionDays, 'curated/'),
      expire(SNAPSHOT_RETENTION_DAYS, 'snapshots/'),
      expire(PROGRESS_RETENTION_DAYS, 'compaction/'),
      expire(QUERY_RESULT_RETENTION_DAYS, 'athena/'),
    ]);
    // The pointer's models must survive an accidental delete, so this bucket alone keeps versions;
    // in the others versions would only keep personal data past its erasure.
    this.models = this.bucket(
      'Models',
      retainsState,
      // No age limit on the models themselves: while the gate rejects every candidate, the current
      // one may be of any age and must stay.
      [{ noncurrentVersionExpiration: Duration.days(NONCURRENT_RETENTION_DAYS) }],
      true,
    );
    this.quarantine = this.bucket('Quarantine', retainsState, [expire(QUARANTINE_RETENTION_DAYS)]);
    this.failures = this.bucket('Failures', retainsState, [expire(FAILURE_RETENTION_DAYS)]);
    this.drop = this.bucket('Drop', retainsState, [
      expire(DROP_RETENTION_DAYS, 'drop/'),
      expire(DROP_RETENTION_DAYS, 'currents/'),
      expire(DROP_RETENTION_DAYS, 'rejects/'),
      expire(PROGRESS_RETENTION_DAYS, 'work/'),
      expire(LEDGER_RETENTION_DAYS, 'ledger/'),
      expire(LEDGER_RETENTION_DAYS, 'manifests/'),
      expire(LEDGER_RETENTION_DAYS, 'feeds/'),
    ]);
    // By the resource itself: CDK's own way deploys a function of its own for this one switch.
    (this.drop.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }

  private bucket(
    id: string,
    retainsState: boolean,
    lifecycleRules: readonly LifecycleRule[],
    versioned = false,
  ): Bucket {
    return new Bucket(this, id, {
      ...secured(retainsState),
      versioned,
      // CDK's classes don't satisfy its own interfaces under exactOptionalPropertyTypes.
      serverAccessLogsBucket: this.accessLogs as IBucket,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      lifecycleRules: [
        ...lifecycleRules,
        { abortIncompleteMultipartUploadAfter: Duration.days(UPLOAD_ABANDONED_DAYS) },
      ],
    });
  }
}

function secured(retainsState: boolean) {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: retainsState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  } as const;
}

function expire(days: number, prefix?: string): LifecycleRule {
  return { expiration: Duration.days(days), ...(prefix === undefined ? {} : { prefix }) };
}
