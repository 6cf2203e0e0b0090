import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, xrayHasNoResources } from './acknowledgement.ts';
import { allow, type FunctionDefaults, type NodeFunction } from './node-function.ts';

export interface WorkflowProps {
  readonly defaults: FunctionDefaults;
  /** The file `statemachines/<name>.asl.json`. */
  readonly name: string;
  readonly comment: string;
  /** Its tasks; the definition names each `${<construct's id>FunctionArn}`. */
  readonly steps: readonly NodeFunction[];
  /** What else the definition names. */
  readonly substitutions?: Readonly<Record<string, string>>;
}

/** A state machine of `statemachines/`, with its log, allowed to invoke its steps and nothing else. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const { defaults, name, steps } = props;
    const definition = readFileSync(
      join(defaults.root, 'statemachines', `${name}.asl.json`),
      'utf8',
    );
    const log = new LogGroup(this, 'Log', {
      // Step Functions writes to a log group with this prefix without growing the resource policy.
      logGroupName: `/aws/vendedlogs/states/kindred-${defaults.environmentName}-${name}`,
      retention: defaults.environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      // In the template rather than an asset beside it: what a deployment changes can be read there.
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: {
        ...Object.fromEntries(
          steps.map((step) => [`${step.node.id}FunctionArn`, step.function.functionArn]),
        ),
        ...props.substitutions,
      },
      comment: props.comment,
      // Payloads are ids and figures, never data, so logging them is safe.
      logs: { destination: log, level: LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
    });
    this.stateMachine.addToRolePolicy(
      allow(
        ['lambda:InvokeFunction'],
        steps.map((step) => step.function.functionArn),
      ),
    );
    acknowledge(this.stateMachine.role, {
      ...xrayHasNoResources,
      reason: 'X-Ray’s and the log delivery’s actions accept no resource but *.',
    });
  }
}
