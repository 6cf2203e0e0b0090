/**
 * What the local cloud reads past on purpose: resource types, and properties written `Type.Property`,
 * each with its reason. Anything that is neither built nor listed here stops the start.
 */
export const inert: Readonly<Record<string, string>> = {
  'AWS::IAM::Role':
    'There is one user on this machine; permissions are checked by tests of the template.',
  'AWS::IAM::Policy': 'As roles.',
  'AWS::Lambda::Permission': 'As roles.',
  'AWS::S3::BucketPolicy': 'As roles.',
  'AWS::SNS::TopicPolicy': 'As roles.',
  'AWS::Logs::LogGroup': 'Logs go to the terminal.',
  'AWS::Logs::LogStream': 'Logs go to the terminal.',
  'AWS::CDK::Metadata': 'Statistics for the CDK itself.',
  'AWS::CloudWatch::Dashboard': 'A page of the AWS console.',
  'AWS::ApiGateway::Account': 'Names the role that writes API Gateway’s logs.',
  'AWS::ApiGateway::Deployment':
    'The API is served as the template has it; there is no older version.',
  'AWS::SNS::Subscription': 'No mail is sent from this machine; alarms show in the terminal.',

  'AWS::DynamoDB::Table.DeletionProtectionEnabled': 'Nothing is deleted through CloudFormation.',
  'AWS::DynamoDB::Table.PointInTimeRecoverySpecification': 'No backups of local data.',
  'AWS::DynamoDB::Table.SSESpecification': 'Encryption at rest is AWS’s.',
  'AWS::Kinesis::Stream.RetentionPeriodHours': 'The stream lives as long as the process.',
  'AWS::Kinesis::Stream.StreamEncryption': 'Encryption at rest is AWS’s.',
  'AWS::S3::Bucket.BucketEncryption': 'Encryption at rest is AWS’s.',
  'AWS::S3::Bucket.LifecycleConfiguration': 'Objects here are younger than any rule.',
  'AWS::S3::Bucket.LoggingConfiguration': 'No access logs of local data.',
  'AWS::S3::Bucket.OwnershipControls': 'As roles.',
  'AWS::S3::Bucket.PublicAccessBlockConfiguration': 'The engine listens on this machine alone.',
  'AWS::S3::Bucket.VersioningConfiguration': 'Nothing reads old versions; they are for recovery.',
  'AWS::SecretsManager::Secret.Description': 'For people.',
  'AWS::Lambda::Function.Architectures': 'The bundles are JavaScript.',
  'AWS::Lambda::Function.Description': 'For people.',
  'AWS::Lambda::Function.LoggingConfig': 'Logs go to the terminal.',
  'AWS::Lambda::Function.Role': 'As roles.',
  'AWS::Lambda::Function.TracingConfig': 'No X-Ray on this machine.',
  'AWS::Lambda::EventSourceMapping.MetricsConfig': 'The one metric it adds is always counted here.',
  'AWS::ApiGateway::RestApi.Description': 'For people.',
  'AWS::ApiGateway::RestApi.EndpointConfiguration': 'The API listens on this machine alone.',
  'AWS::ApiGateway::Stage.AccessLogSetting': 'Requests show in the terminal.',
  'AWS::ApiGateway::Stage.DeploymentId': 'As deployments.',
  'AWS::ApiGateway::Stage.MethodSettings':
    'Throttling is the usage plan’s here; logging settings are AWS’s.',
  'AWS::ApiGateway::Stage.TracingEnabled': 'No X-Ray on this machine.',
  'AWS::ApiGateway::UsagePlan.Description': 'For people.',
  'AWS::ApiGateway::UsagePlan.Quota': 'A month outlives the process.',
  'AWS::ApiGateway::ApiKey.Description': 'For people.',
  'AWS::SNS::Topic.DisplayName': 'For people.',
  'AWS::Scheduler::Schedule.Description': 'For people.',
  'AWS::StepFunctions::StateMachine.LoggingConfiguration': 'Logs go to the terminal.',
  'AWS::StepFunctions::StateMachine.RoleArn': 'As roles.',
  'AWS::StepFunctions::StateMachine.TracingConfiguration': 'No X-Ray on this machine.',
};

/** Properties that say nothing about behaviour, whatever the type. */
const INERT_EVERYWHERE = new Set(['Tags']);

export function isInertType(type: string): boolean {
  return type in inert;
}

export function isInertProperty(type: string, property: string): boolean {
  return INERT_EVERYWHERE.has(property) || `${type}.${property}` in inert;
}

/** The table as Markdown, for the docs. */
export function inertAsMarkdown(): string {
  const rows = Object.entries(inert).map(([name, reason]) => `| \`${name}\` | ${reason} |`);
  return ['| read past | why |', '| --- | --- |', ...rows].join('\n');
}
