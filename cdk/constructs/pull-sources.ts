import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { intakeAccess } from './intake-access.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface PullSourcesProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: a run reads as long as it may, the next one goes on. */
const TIMEOUT_MIN = 15;
/** How often it is asked whose time has come; no source is read more often. */
const SCHEDULE = 'rate(1 minute)';

/** Reads the sources that don't send by themselves. */
export class PullSources extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: PullSourcesProps) {
    super(scope, id);
    const { tables, secrets } = state;
    const intake = intakeAccess(state, { secrets: [secrets.sources] });
    const pull = new NodeFunction(this, 'Pull', {
      defaults,
      entry: 'lambdas/ingest/pull.ts',
      description: 'Reads CRMs, shops and databases and puts their events on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.minutes(TIMEOUT_MIN),
      variables: {
        ...intake.variables,
        CATALOGUE_TABLE: tables.catalogue.tableName,
        SOURCE_SECRETS_ID: secrets.sources.secretArn,
      },
      permissions: [
        ...intake.permissions,
        writeStates(tables.config.tableArn),
        allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [tables.catalogue.tableArn]),
      ],
      objects: intake.objects,
    });
    if (defaults.environment.pull !== undefined) enterNetwork(pull, defaults.environment.pull);
    this.stateMachine = new Workflow(this, 'Workflow', {
      defaults,
      name: 'pull',
      comment: 'The sources that are due, each on its own',
      steps: [pull],
    }).stateMachine;
    new ScheduledStart(this, 'EveryMinute', {
      description: 'Reads the sources that are due',
      schedule: SCHEDULE,
      isEnabled: true,
      stateMachine: this.stateMachine,
      input: {},
    });
  }
}

/** Of the configuration it writes where its own runs stand, and nothing else. */
function writeStates(configTableArn: string): PolicyStatement {
  const statement = allow(['dynamodb:PutItem'], [configTableArn]);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': ['pullState'] });
  return statement;
}

/**
 * Puts the function into subnets that exist, by their ids: looking a network up takes an account, and the
 * template is made without one.
 */
function enterNetwork(
  pull: NodeFunction,
  { subnetIds, securityGroupIds }: NonNullable<Environment['pull']>,
): void {
  const resource = pull.function.node.defaultChild as CfnFunction;
  resource.vpcConfig = { subnetIds, securityGroupIds };
  pull.role.addToPolicy(
    allow(
      [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      ['*'],
    ),
  );
  acknowledge(pull.role, {
    finding: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Lambda asks for exactly these of a function in a network; most accept no resource.',
  });
}
