import type { Value, ValueRecord } from './template.ts';

/**
 * What the local cloud accepts in a template and does nothing with, each with its reason. A key is a
 * resource type, or a type and the path of a property (a list on the way counts for all its
 * entries). Anything else that isn't built is refused: this table is the whole list of differences
 * that are known and meant.
 */
export const inert: Readonly<Record<string, string>> = {
  // Permissions: every call is allowed on this machine. cdk-nag and the template's tests judge them.
  'AWS::IAM::Role': 'Local calls are not authorized; the role exists as an ARN alone.',
  'AWS::IAM::Policy': 'Local calls are not authorized.',
  'AWS::IAM::ManagedPolicy': 'Local calls are not authorized.',
  'AWS::S3::BucketPolicy': 'Local calls are not authorized.',
  'AWS::SNS::TopicPolicy': 'Local calls are not authorized.',
  'AWS::KMS::Key': 'Nothing is encrypted at rest on this machine.',
  'AWS::KMS::Alias': 'Nothing is encrypted at rest on this machine.',
  'AWS::ApiGateway::Account': 'Names the role that writes access logs; there are none here.',
  'AWS::Lambda::Permission.SourceArn':
    'A permission counts for every API, schedule and rule of the template.',
  'AWS::Lambda::Permission.SourceAccount': 'There is one account.',
  'AWS::Lambda::Function.Role': 'Local calls are not authorized.',
  'AWS::KinesisFirehose::DeliveryStream.ExtendedS3DestinationConfiguration.RoleARN':
    'Local calls are not authorized.',
  'AWS::KinesisFirehose::DeliveryStream.KinesisStreamSourceConfiguration.RoleARN':
    'Local calls are not authorized.',
  'AWS::StepFunctions::StateMachine.RoleArn': 'Local calls are not authorized.',
  'AWS::Scheduler::Schedule.Target.RoleArn': 'Local calls are not authorized.',
  'AWS::Events::Rule.Targets.RoleArn': 'Local calls are not authorized.',
  'AWS::ApiGateway::Authorizer.AuthorizerCredentials': 'Local calls are not authorized.',

  // Logs, traces and dashboards: the command prints what happens.
  'AWS::Logs::LogGroup': 'Log lines go to the terminal and the metrics; nothing keeps them.',
  'AWS::Logs::LogStream': 'Log lines go to the terminal and the metrics; nothing keeps them.',
  'AWS::CloudWatch::Dashboard': 'There is no console to show it; the metrics and alarms work.',
  'AWS::Lambda::Function.LoggingConfig': 'Lines are passed on as the function wrote them.',
  'AWS::Lambda::Function.TracingConfig': 'There is no X-Ray here.',
  'AWS::ApiGateway::Stage.AccessLogSetting': 'The command prints one line a request.',
  'AWS::ApiGateway::Stage.TracingEnabled': 'There is no X-Ray here.',
  'AWS::ApiGateway::Stage.MethodSettings.DataTraceEnabled':
    'The command prints one line a request.',
  'AWS::ApiGateway::Stage.MethodSettings.LoggingLevel': 'The command prints one line a request.',
  'AWS::ApiGateway::Stage.MethodSettings.MetricsEnabled': 'Metrics are always on.',
  'AWS::StepFunctions::StateMachine.LoggingConfiguration': 'The command prints every state.',
  'AWS::StepFunctions::StateMachine.TracingConfiguration': 'There is no X-Ray here.',
  'AWS::KinesisFirehose::DeliveryStream.ExtendedS3DestinationConfiguration.CloudWatchLoggingOptions':
    'A failed delivery is printed by the command.',
  'AWS::Lambda::EventSourceMapping.MetricsConfig': 'Every metric of a mapping is always counted.',
  'AWS::KinesisFirehose::DeliveryStream.ExtendedS3DestinationConfiguration.DynamicPartitioningConfiguration.RetryOptions':
    'A delivery is tried until it succeeds.',

  // Queries over the lake: there is no Athena here; the objects it would read are in the bucket.
  'AWS::Glue::Database': 'There is no Athena here to read tables.',
  'AWS::Glue::Table': 'There is no Athena here to read tables.',
  'AWS::Athena::WorkGroup': 'There is no Athena here.',
  'AWS::Athena::NamedQuery': 'There is no Athena here; tests run the same queries.',

  // Durability and encryption of data that lives as long as the process, or in one folder.
  'AWS::DynamoDB::Table.BillingMode': 'The local engine has no capacity limits; nothing is billed.',
  'AWS::DynamoDB::Table.SSESpecification': 'Nothing is encrypted at rest on this machine.',
  'AWS::DynamoDB::Table.DeletionProtectionEnabled':
    'Nobody deletes a table through CloudFormation.',
  'AWS::DynamoDB::GlobalTable.BillingMode':
    'The local engine has no capacity limits; nothing is billed.',
  'AWS::DynamoDB::GlobalTable.SSESpecification': 'Nothing is encrypted at rest on this machine.',
  'AWS::DynamoDB::GlobalTable.Replicas': 'There is one region.',
  'AWS::Kinesis::Stream.StreamEncryption': 'Nothing is encrypted at rest on this machine.',
  'AWS::Kinesis::Stream.RetentionPeriodHours': 'The engine keeps records by its own bound.',
  'AWS::S3::Bucket.BucketEncryption': 'Nothing is encrypted at rest on this machine.',
  'AWS::S3::Bucket.LifecycleConfiguration': 'The data outlives no rule that counts in days.',
  'AWS::S3::Bucket.LoggingConfiguration': 'There are no access logs here.',
  'AWS::S3::Bucket.OwnershipControls': 'There is one account.',
  'AWS::S3::Bucket.PublicAccessBlockConfiguration': 'The engine listens on 127.0.0.1 alone.',
  'AWS::S3::Bucket.VersioningConfiguration':
    'An overwritten object is gone; nothing reads versions.',
  'AWS::SecretsManager::Secret.Description': 'A note for people.',
  'AWS::SecretsManager::Secret.KmsKeyId': 'Nothing is encrypted at rest on this machine.',
  'AWS::KinesisFirehose::DeliveryStream.DeliveryStreamEncryptionConfigurationInput':
    'Nothing is encrypted at rest on this machine.',
  'AWS::SNS::Topic.KmsMasterKeyId': 'Nothing is encrypted at rest on this machine.',

  // Where and on what it runs.
  'AWS::Lambda::Function.Architectures':
    'The bundle is JavaScript and runs on any processor, or brings this machine’s native parts.',
  'AWS::Lambda::Function.EphemeralStorage': 'The machine’s own temporary folder is used.',
  'AWS::ApiGateway::RestApi.EndpointConfiguration': 'There is one endpoint, on 127.0.0.1.',
  'AWS::ApiGateway::RestApi.MinimumCompressionSize': 'Answers are not compressed on this machine.',

  // Notes for people, and bookkeeping.
  'AWS::CDK::Metadata': 'Tells AWS which constructs are in use.',
  'AWS::ApiGateway::RestApi.Description': 'A note for people.',
  'AWS::ApiGateway::Deployment.Description': 'A note for people.',
  'AWS::ApiGateway::ApiKey.Description': 'A note for people.',
  'AWS::ApiGateway::UsagePlan.Description': 'A note for people.',
  'AWS::Lambda::Function.Description': 'A note for people.',
  'AWS::Lambda::Version.Description': 'A note for people.',
  'AWS::Lambda::Version.CodeSha256': 'There is one version, the one in the assembly.',
  'AWS::Lambda::Alias.Description': 'A note for people.',
  'AWS::Scheduler::Schedule.Description': 'A note for people.',
  'AWS::Scheduler::Schedule.Target.RetryPolicy':
    'A local target that fails is broken; the policy is for passing faults.',
  'AWS::Events::Rule.Description': 'A note for people.',
  'AWS::Events::Rule.Targets.RetryPolicy':
    'A local target that fails is broken; the policy is for passing faults.',
  'AWS::Events::Rule.Targets.DeadLetterConfig': 'A delivery that failed is printed by the command.',
  'AWS::SNS::Topic.DisplayName': 'A note for people.',
  'AWS::SNS::Subscription': 'Nothing is mailed from this machine; the command prints each alarm.',
};

/** A note for people and cost reports, on any resource. */
const INERT_EVERYWHERE: Readonly<Record<string, string>> = {
  Tags: 'A note for people and cost reports.',
};

export function isInertType(type: string): boolean {
  return Object.hasOwn(inert, type);
}

/** The properties without those that the table lists. */
export function withoutInertProperties(type: string, properties: ValueRecord): ValueRecord {
  return strip(properties, type);
}

/** The table for the documentation, in Markdown. */
export function inertTableMarkdown(): string {
  const rows = [
    ...Object.entries(inert),
    ...Object.entries(INERT_EVERYWHERE).map(([name, reason]) => [`any type’s ${name}`, reason]),
  ].map(([key = '', reason = '']) => `| \`${key}\` | ${reason} |`);
  return ['| resource or property | why it does nothing locally |', '| --- | --- |', ...rows].join(
    '\n',
  );
}

function strip(properties: ValueRecord, path: string): ValueRecord {
  const kept: ValueRecord = {};
  for (const [name, value] of Object.entries(properties)) {
    const isTopLevel = !path.includes('.');
    if (isTopLevel && Object.hasOwn(INERT_EVERYWHERE, name)) continue;
    const key = `${path}.${name}`;
    if (!Object.hasOwn(inert, key)) kept[name] = stripValue(value, key);
  }
  return kept;
}

function stripValue(value: Value, path: string): Value {
  if (Array.isArray(value)) return value.map((entry) => stripValue(entry, path));
  return value !== null && typeof value === 'object' ? strip(value, path) : value;
}
