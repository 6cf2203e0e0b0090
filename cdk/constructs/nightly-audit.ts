import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { duckDbBinding } from './native-binding.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface NightlyAuditProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum. */
const STEP_TIMEOUT_MIN = 15;
/** Lambda's own maximum; beyond the first 512 MB an hour of it costs a third of a cent. */
const DISK_MB = 10_240;

/** Every night, after compaction: the day before, the customers and the catalogue against their suites. */
export class NightlyAudit extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: NightlyAuditProps) {
    super(scope, id);
    const { environment } = defaults;
    const { buckets, tables } = state;
    const bucket = buckets.lake;
    const audit = new NodeFunction(this, 'Audit', {
      defaults,
      entry: 'lambdas/enrich/audit.ts',
      description: 'Audits data sets against their expectation suites',
      memoryMb: environment.memoryMb.audit,
      diskMb: DISK_MB,
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      native: duckDbBinding,
      variables: {
        LAKE_BUCKET: bucket.bucketName,
        CONFIG_TABLE: tables.config.tableName,
        CATALOGUE_TABLE: tables.catalogue.tableName,
        PROFILES_TABLE: tables.profiles.tableName,
        AUDIT_DISK_MB: String(DISK_MB),
      },
      permissions: [
        allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.config.tableArn]),
        allow(['dynamodb:Scan'], [tables.catalogue.tableArn, tables.profiles.tableArn]),
        // Of a page's profiles the items that lie on another page.
        allow(['dynamodb:BatchGetItem'], [tables.profiles.tableArn]),
      ],
      objects: [
        { bucket, prefix: 'curated/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'quality/', actions: ['s3:GetObject', 's3:PutObject'] },
      ],
    });
    const workflow = new Workflow(this, 'Workflow', {
      defaults,
      name: 'audit',
      comment: 'The day before against its expectation suites',
      steps: [audit],
    });
    this.stateMachine = workflow.stateMachine;
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Audits the day before',
      schedule: environment.audit.schedule,
      isEnabled: environment.audit.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: {},
    });
  }
}
