import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Environment, environments, type OtherStream } from '../../cdk/environments.ts';
import { appOf, resourcesOf } from './synthesized.ts';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:broker-AbCdEf';

/** The mappings of dev with one more stream, without Kinesis' own. cdk-nag has passed when it returns. */
function mappingsFrom(from: OtherStream | undefined) {
  const { dev } = environments;
  const environment: Environment = {
    ...dev,
    enrich: { ...dev.enrich, ...(from === undefined ? {} : { from }) },
  };
  const folder = mkdtempSync(join(tmpdir(), 'kindred-synth-'));
  try {
    const stacks = appOf({ dev: environment }, folder).synth().stacks;
    const template = stacks.find(({ stackName }) => stackName === 'Kindred-dev')?.template;
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');
    return {
      policies: JSON.stringify(template),
      count: mappings.length,
      others: mappings.flatMap(([id, { Properties }]) =>
        id.includes('FromOtherStream') ? [Properties] : [],
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the enricher', () => {
  it('reads Kinesis alone where nothing else is said', () => {
    expect(mappingsFrom(undefined)).toMatchObject({ count: 1, others: [] });
  });

  it('reads MSK beside Kinesis, and has single offsets come again', () => {
    const clusterArn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/main/751d2973-2';
    const from: OtherStream = { kind: 'msk', clusterArn, topic: 'events', secretArn };
    const { count, others, policies } = mappingsFrom(from);
    expect(count).toBe(2);
    expect(others).toMatchObject([
      {
        EventSourceArn: clusterArn,
        Topics: ['events'],
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 2 },
        SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: secretArn }],
      },
    ]);
    expect(policies).toContain('kafka:GetBootstrapBrokers');
  });

  it('reads Kafka wherever it runs, in a network or from outside', () => {
    const from: OtherStream = {
      kind: 'kafka',
      bootstrapServers: ['broker-1.example:9096', 'broker-2.example:9096'],
      topic: 'events',
      secretArn,
    };
    const open = mappingsFrom(from);
    expect(open.others).toMatchObject([
      {
        SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: from.bootstrapServers } },
      },
    ]);
    expect(open.policies).not.toContain('ec2:CreateNetworkInterface');
    const inside = mappingsFrom({ ...from, subnetIds: ['subnet-1'], securityGroupId: 'sg-1' });
    expect(inside.others[0]?.SourceAccessConfigurations).toEqual([
      { Type: 'SASL_SCRAM_512_AUTH', URI: secretArn },
      { Type: 'VPC_SUBNET', URI: 'subnet:subnet-1' },
      { Type: 'VPC_SECURITY_GROUP', URI: 'security_group:sg-1' },
    ]);
    expect(inside.policies).toContain('ec2:CreateNetworkInterface');
  });

  it('reads a queue of RabbitMQ, of which all comes again', () => {
    const brokerArn = 'arn:aws:mq:eu-west-1:123456789012:broker:main:b-9bcfa592';
    const from: OtherStream = {
      kind: 'rabbitmq',
      brokerArn,
      queue: 'events',
      virtualHost: '/',
      secretArn,
    };
    const [mapping] = mappingsFrom(from).others;
    expect(mapping).toMatchObject({
      EventSourceArn: brokerArn,
      Queues: ['events'],
      SourceAccessConfigurations: [
        { Type: 'BASIC_AUTH', URI: secretArn },
        { Type: 'VIRTUAL_HOST', URI: '/' },
      ],
    });
    expect(mapping).not.toHaveProperty('FunctionResponseTypes');
  });
});
