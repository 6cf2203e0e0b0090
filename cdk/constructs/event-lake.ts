import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { LogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow } from './node-function.ts';
import { allowObjects } from './object-access.ts';

export interface EventLakeProps {
  readonly environment: Environment;
  readonly state: StateStack;
}

/**
 * Day of arrival in UTC: a day's partition never changes once the day and a buffer's time are over.
 * The source's id is letters, digits and hyphens, so it is safe in a key.
 */
const RAW_PREFIX = 'raw/day=!{timestamp:yyyy-MM-dd}/source=!{partitionKeyFromQuery:source}/';
const PARTITION_QUERY = '{source:.source}';
/** A record whose source can't be read goes to the errors after this. */
const PARTITION_RETRY_S = 300;
const ERROR_PREFIX = 'errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/';
/** The most that the service allows: the interval, not the size, is to close a file. */
const BUFFER_MB = 128;

/** Writes every event of the stream to the lake, gzipped, a file per buffer interval. */
export class EventLake extends Construct {
  readonly deliveryStreamName: string;

  constructor(scope: Construct, id: string, props: EventLakeProps) {
    super(scope, id);
    const { environment, state } = props;
    const { lake } = state.buckets;
    const { stream } = state.stream;
    const log = new LogGroup(this, 'Log', {
      retention: environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new LogStream(this, 'LogStream', {
      logGroup: log,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.role(state, log);
    const delivery = new CfnDeliveryStream(this, 'Delivery', {
      deliveryStreamType: 'KinesisStreamAsSource',
      kinesisStreamSourceConfiguration: {
        kinesisStreamArn: stream.streamArn,
        roleArn: role.roleArn,
      },
      extendedS3DestinationConfiguration: {
        bucketArn: lake.bucketArn,
        roleArn: role.roleArn,
        prefix: RAW_PREFIX,
        errorOutputPrefix: ERROR_PREFIX,
        compressionFormat: 'GZIP',
        dynamicPartitioningConfiguration: {
          enabled: true,
          retryOptions: { durationInSeconds: PARTITION_RETRY_S },
        },
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'MetadataExtraction',
              parameters: [
                { parameterName: 'MetadataExtractionQuery', parameterValue: PARTITION_QUERY },
                { parameterName: 'JsonParsingEngine', parameterValue: 'JQ-1.6' },
              ],
            },
          ],
        },
        bufferingHints: {
          intervalInSeconds: environment.lakeIntervalSeconds,
          sizeInMBs: BUFFER_MB,
        },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: log.logGroupName,
          logStreamName: logStream.logStreamName,
        },
      },
    });
    this.deliveryStreamName = delivery.ref;
    // Firehose tries the role when the delivery stream is made, so its policy must be there.
    delivery.node.addDependency(role);
    acknowledge(delivery, {
      finding: 'AwsSolutions-KDF1',
      reason:
        'With a Kinesis stream as source the encryption is the source’s; Firehose refuses its own.',
    });
  }

  private role(state: StateStack, log: LogGroup): Role {
    const { lake } = state.buckets;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'sts:ExternalId': Stack.of(this).account } },
      }),
      description: 'Reads the stream and writes the lake',
    });
    role.addToPolicy(
      allow(
        [
          'kinesis:DescribeStream',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        [state.stream.stream.streamArn],
      ),
    );
    role.addToPolicy(
      allow(['s3:GetBucketLocation', 's3:ListBucketMultipartUploads'], [lake.bucketArn]),
    );
    for (const prefix of ['raw/', 'errors/']) {
      allowObjects(role, {
        actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        bucket: lake,
        prefix,
      });
    }
    log.grantWrite(role);
    return role;
  }
}
