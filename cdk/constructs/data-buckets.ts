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
import { type BucketName, bucketName, type RetentionSetting } from '../../core/privacy/datasets.ts';
import { lifecycleOf } from '../../core/privacy/lifecycle.ts';

export interface DataBucketsProps {
  readonly retainsState: boolean;
  readonly retention: Readonly<Record<RetentionSetting, number>>;
}

/** An upload that has not ended in a day never will. */
const UPLOAD_ABANDONED_DAYS = 1;
/** How long an overwritten or deleted object can be brought back. */
const NONCURRENT_RETENTION_DAYS = 30;

/** The buckets of the data flow, and the one that logs who read them. */
export class DataBuckets extends Construct {
  /** `raw/` events by day of arrival and source, `curated/` Parquet, `snapshots/`, answers in `athena/`, reports in `quality/`. */
  readonly lake: Bucket;
  /** `models/<id>/`, immutable. */
  readonly models: Bucket;
  /** Refused events, kept and replayable. */
  readonly quarantine: Bucket;
  /** What the enricher could not fold: poison records and abandoned batches. */
  readonly failures: Bucket;
  /** Files to import, and beside them what became of their rows; Braze's below `currents/`. */
  readonly drop: Bucket;
  /** Exports and erasures of customers, and the certificates. */
  readonly privacy: Bucket;

  private readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: DataBucketsProps) {
    super(scope, id);
    const { retainsState } = props;
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...secured(retainsState),
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: this.lifecycle('accesslogs', props),
    });
    this.lake = this.bucket('Lake', props);
    // The pointer's models must survive an accidental delete, so this bucket alone keeps versions;
    // in the others versions would only keep personal data past its erasure.
    // No age limit on the models themselves: while the gate rejects every candidate, the current
    // one may be of any age and must stay.
    this.models = this.bucket('Models', props, [
      { noncurrentVersionExpiration: Duration.days(NONCURRENT_RETENTION_DAYS) },
    ]);
    this.quarantine = this.bucket('Quarantine', props);
    this.failures = this.bucket('Failures', props);
    this.drop = this.bucket('Drop', props);
    this.privacy = this.bucket('Privacy', props);
    // By the resource itself: CDK's own way deploys a function of its own for this one switch.
    (this.drop.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }

  private bucket(
    id: string,
    props: DataBucketsProps,
    versions: readonly LifecycleRule[] = [],
  ): Bucket {
    const { retainsState } = props;
    const name = bucketName.parse(id.toLowerCase());
    return new Bucket(this, id, {
      ...secured(retainsState),
      versioned: versions.length > 0,
      // CDK's classes don't satisfy its own interfaces under exactOptionalPropertyTypes.
      serverAccessLogsBucket: this.accessLogs as IBucket,
      serverAccessLogsPrefix: `${name}/`,
      lifecycleRules: [
        ...this.lifecycle(name, props),
        ...versions,
        { abortIncompleteMultipartUploadAfter: Duration.days(UPLOAD_ABANDONED_DAYS) },
      ],
    });
  }

  /** How long is one list's to say: core/privacy/datasets.ts. */
  private lifecycle(name: BucketName, { retention }: DataBucketsProps): LifecycleRule[] {
    return lifecycleOf(name, retention).map(({ prefix, days }) => ({
      expiration: Duration.days(days),
      ...(prefix === '' ? {} : { prefix }),
    }));
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
