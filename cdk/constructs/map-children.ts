import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgement.ts';
import { allow } from './node-function.ts';

/**
 * A distributed map starts executions of its own state machine and looks after them. The policy is
 * apart from the role's own, which has to exist before the machine that this one names.
 */
export function allowMapChildren(scope: Construct, id: string, stateMachine: StateMachine): void {
  const children = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachine.stateMachineName}/*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const policy = new Policy(scope, id, {
    statements: [
      allow(['states:StartExecution'], [stateMachine.stateMachineArn]),
      allow(['states:DescribeExecution', 'states:StopExecution'], [children]),
    ],
  });
  policy.attachToRole(stateMachine.role);
  const logicalId = Stack.of(scope).getLogicalId(stateMachine.node.defaultChild as CfnStateMachine);
  acknowledge(policy, {
    finding: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${logicalId}.Name>/*]`,
    reason: 'The names of the child executions are not known before they are started.',
  });
}
