import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { OtherStream } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, type NodeFunction } from './node-function.ts';

export interface OtherStreamMappingProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  readonly from: OtherStream;
  readonly enrich: NodeFunction;
}

/** One poller always reads; two keep up with what one enriching function can fold. */
const POLLERS = { minimumPollers: 1, maximumPollers: 2 } as const;

/** Reads Kafka or RabbitMQ into the enricher, beside Kinesis. */
export class OtherStreamMapping extends Construct {
  readonly mapping: CfnEventSourceMapping;

  constructor(scope: Construct, id: string, props: OtherStreamMappingProps) {
    super(scope, id);
    const { from, enrich, defaults } = props;
    const { batchSize, batchingWindowSeconds } = defaults.environment.enrich;
    this.mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: enrich.function.functionArn,
      batchSize,
      maximumBatchingWindowInSeconds: batchingWindowSeconds,
      ...sourceOf(props),
    });
    enrich.role.addToPolicy(allow(['secretsmanager:GetSecretValue'], [from.secretArn]));
    if (from.kind === 'msk') {
      enrich.role.addToPolicy(
        allow(['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [from.clusterArn]),
      );
    }
    if (from.kind === 'rabbitmq') {
      enrich.role.addToPolicy(allow(['mq:DescribeBroker'], [from.brokerArn]));
    }
    this.allowNetwork(props);
    // Otherwise the mapping is made before its role may read, and CloudFormation fails.
    this.mapping.node.addDependency(enrich.role);
  }

  /** Lambda's pollers stand in the broker's own network, with interfaces that they make themselves. */
  private allowNetwork({ from, enrich }: OtherStreamMappingProps): void {
    if (from.kind === 'kafka' && from.subnetIds === undefined) return;
    enrich.role.addToPolicy(
      allow(
        [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcs',
        ],
        ['*'],
      ),
    );
    acknowledge(enrich.role, {
      finding: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Lambda asks for exactly these of a mapping into a network; most accept no resource.',
    });
  }
}

/** What differs between the streams. */
function sourceOf({ from, state }: OtherStreamMappingProps) {
  if (from.kind === 'rabbitmq') {
    return {
      eventSourceArn: from.brokerArn,
      queues: [from.queue],
      sourceAccessConfigurations: [
        { type: 'BASIC_AUTH', uri: from.secretArn },
        { type: 'VIRTUAL_HOST', uri: from.virtualHost },
      ],
    };
  }
  return {
    topics: [from.topic],
    startingPosition: 'TRIM_HORIZON',
    // Answers that name single offsets are heard only of provisioned pollers.
    provisionedPollerConfig: POLLERS,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destination: state.buckets.failures.bucketArn } },
    ...(from.kind === 'msk'
      ? {
          eventSourceArn: from.clusterArn,
          sourceAccessConfigurations: [{ type: 'SASL_SCRAM_512_AUTH', uri: from.secretArn }],
        }
      : {
          selfManagedEventSource: { endpoints: { kafkaBootstrapServers: from.bootstrapServers } },
          sourceAccessConfigurations: [
            { type: 'SASL_SCRAM_512_AUTH', uri: from.secretArn },
            ...(from.subnetIds ?? []).map((subnetId) => ({
              type: 'VPC_SUBNET',
              uri: `subnet:${subnetId}`,
            })),
            ...(from.securityGroupId === undefined
              ? []
              : [{ type: 'VPC_SECURITY_GROUP', uri: `security_group:${from.securityGroupId}` }]),
          ],
        }),
  };
}
