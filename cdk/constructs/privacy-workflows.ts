import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { areas } from '../../core/privacy/areas.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { allowMapChildren } from './map-children.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import type { ObjectAccess } from './object-access.ts';
import { Workflow } from './workflow.ts';

export interface PrivacyWorkflowsProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: a step searches as long as it may, the next one goes on. */
const UNIT_TIMEOUT_MIN = 15;
const SHORT_TIMEOUT_MIN = 5;
/** A curated file of 100,000 rows as JavaScript's own, or the packed bytes of a raw one. */
const UNIT_MEMORY_MB = 1_769;
const SHORT_MEMORY_MB = 512;

/** The state machines that collect what is held of a customer, and that erase it. */
export class PrivacyWorkflows extends Construct {
  readonly erase: StateMachine;
  readonly exportCustomer: StateMachine;

  constructor(scope: Construct, id: string, props: PrivacyWorkflowsProps) {
    super(scope, id);
    const { defaults } = props;
    const erase = new Workflow(this, 'Erase', {
      defaults,
      name: 'erase',
      comment: 'Erases a customer everywhere and certifies it',
      steps: [this.begin(props), this.unit(props), this.end(props)],
      substitutions: { SettleSeconds: String(defaults.environment.privacy.settleSeconds) },
    });
    allowMapChildren(this, 'EraseChildren', erase.stateMachine);
    const exportCustomer = new Workflow(this, 'Export', {
      defaults,
      name: 'export-customer',
      comment: 'Collects everything that is held of a customer',
      steps: [this.exportStep(props)],
    });
    allowMapChildren(this, 'ExportChildren', exportCustomer.stateMachine);
    this.erase = erase.stateMachine;
    this.exportCustomer = exportCustomer.stateMachine;
  }

  private begin({ defaults, state }: PrivacyWorkflowsProps): NodeFunction {
    const { buckets, tables } = state;
    return new NodeFunction(this, 'EraseBegin', {
      defaults,
      entry: 'lambdas/privacy/erase-begin.ts',
      description: 'Marks a customer’s identities as erased and deletes the profile',
      memoryMb: SHORT_MEMORY_MB,
      timeout: Duration.minutes(SHORT_TIMEOUT_MIN),
      variables: {
        PRIVACY_BUCKET: buckets.privacy.bucketName,
        IDENTITIES_TABLE: tables.identities.tableName,
        PROFILES_TABLE: tables.profiles.tableName,
      },
      permissions: [
        allow(['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], [tables.identities.tableArn]),
        allow(['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], [tables.profiles.tableArn]),
      ],
      objects: [erasures(state)],
    });
  }

  private unit({ defaults, state }: PrivacyWorkflowsProps): NodeFunction {
    const { tables, secrets } = state;
    return new NodeFunction(this, 'EraseUnit', {
      defaults,
      entry: 'lambdas/privacy/erase-unit.ts',
      description: 'Takes what is a customer’s out of a day of the lake, or out of another area',
      memoryMb: UNIT_MEMORY_MB,
      timeout: Duration.minutes(UNIT_TIMEOUT_MIN),
      variables: { ...bucketVariables(state), DEDUPE_TABLE: tables.dedupe.tableName },
      permissions: [
        allow(['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], [tables.dedupe.tableArn]),
        allow(['secretsmanager:GetSecretValue'], [secrets.identity.secretArn]),
      ],
      objects: [
        ...searched(state, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
        erasures(state),
        work(state, ['s3:GetObject', 's3:PutObject']),
      ],
    });
  }

  private end({ defaults, state }: PrivacyWorkflowsProps): NodeFunction {
    const { buckets, tables, secrets } = state;
    return new NodeFunction(this, 'EraseEnd', {
      defaults,
      entry: 'lambdas/privacy/erase-end.ts',
      description: 'Adds a pass of an erasure up, and certifies the last one',
      memoryMb: SHORT_MEMORY_MB,
      timeout: Duration.minutes(UNIT_TIMEOUT_MIN),
      variables: {
        PRIVACY_BUCKET: buckets.privacy.bucketName,
        INSPECTOR_TABLE: tables.inspector.tableName,
        CERTIFICATE_SECRET_ID: secrets.certificate.secretArn,
      },
      permissions: [
        allow(['dynamodb:Scan', 'dynamodb:PutItem'], [tables.inspector.tableArn]),
        allow(['secretsmanager:GetSecretValue'], [secrets.certificate.secretArn]),
      ],
      objects: [
        erasures(state),
        work(state, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
        { bucket: buckets.privacy, prefix: 'certificates/', actions: ['s3:PutObject'] },
        {
          bucket: buckets.privacy,
          prefix: 'exports/',
          actions: ['s3:GetObject', 's3:DeleteObject'],
        },
      ],
    });
  }

  private exportStep({ defaults, state }: PrivacyWorkflowsProps): NodeFunction {
    const { buckets, secrets } = state;
    return new NodeFunction(this, 'ExportStep', {
      defaults,
      entry: 'lambdas/privacy/export-step.ts',
      description: 'Collects what is held of a customer; only reads it',
      memoryMb: UNIT_MEMORY_MB,
      timeout: Duration.minutes(UNIT_TIMEOUT_MIN),
      variables: bucketVariables(state),
      permissions: [allow(['secretsmanager:GetSecretValue'], [secrets.identity.secretArn])],
      objects: [
        ...searched(state, ['s3:GetObject']),
        // Its own progress, once it is over.
        work(state, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
        {
          bucket: buckets.privacy,
          prefix: 'exports/',
          actions: ['s3:GetObject', 's3:PutObject'],
        },
      ],
    });
  }
}

function bucketVariables({ buckets, secrets }: StateStack): Record<string, string> {
  return {
    PRIVACY_BUCKET: buckets.privacy.bucketName,
    LAKE_BUCKET: buckets.lake.bucketName,
    QUARANTINE_BUCKET: buckets.quarantine.bucketName,
    FAILURES_BUCKET: buckets.failures.bucketName,
    DROP_BUCKET: buckets.drop.bucketName,
    IDENTITY_SECRET_ID: secrets.identity.secretArn,
  };
}

/** Every area that is searched. Products lie beside the events that they are found by. */
function searched({ buckets }: StateStack, actions: readonly string[]): ObjectAccess[] {
  const products = { bucket: buckets.lake, prefix: 'curated/event_products/', actions };
  return [
    ...areas.map(({ bucket, prefix }) => ({ bucket: buckets[bucket], prefix, actions })),
    products,
  ];
}

function erasures({ buckets }: StateStack): ObjectAccess {
  return {
    bucket: buckets.privacy,
    prefix: 'erasures/',
    actions: ['s3:GetObject', 's3:PutObject'],
  };
}

function work({ buckets }: StateStack, actions: readonly string[]): ObjectAccess {
  return { bucket: buckets.privacy, prefix: 'work/', actions };
}
