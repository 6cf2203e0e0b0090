import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { CurrentsDrop } from '../../cdk/constructs/currents-drop.ts';
import { environments } from '../../cdk/environments.ts';
import { StateStack } from '../../cdk/stacks/state-stack.ts';
import { onlyOf, root, type Template } from './synthesized.ts';

function template(): Template {
  const { context } = JSON.parse(readFileSync(`${root}/cdk.json`, 'utf8'));
  const app = new App({ context });
  const environment = environments.dev;
  const state = new StateStack(app, 'State', { environment });
  const buckets = new Stack(app, 'Buckets');
  const bucket = new Bucket(buckets, 'Drop', { eventBridgeEnabled: true });
  const stack = new Stack(app, 'Service');
  const code = () => Code.fromAsset(`${root}/statemachines`);
  const defaults = { environmentName: 'dev', environment, root, code } as const;
  new CurrentsDrop(stack, 'CurrentsDrop', { defaults, state, bucket });
  return app.synth().getStackByName('Service').template;
}

describe('the drop of Currents', () => {
  const service = template();

  it('tells the function of each file below its prefix', () => {
    const { Properties } = onlyOf(service, 'AWS::Events::Rule');
    expect(Properties.EventPattern).toMatchObject({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ prefix: 'currents/' }] } },
    });
    expect(Properties.Targets).toMatchObject([{ RetryPolicy: { MaximumRetryAttempts: 2 } }]);
  });

  it('may read those files and nothing else of the bucket', () => {
    const policy = onlyOf(service, 'AWS::IAM::Policy').Properties.PolicyDocument;
    const actions = policy.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);
    expect(actions).toEqual(
      expect.arrayContaining(['s3:GetObject', 's3:ListBucket', 's3:PutObject']),
    );
    expect(actions).not.toContain('s3:DeleteObject');
    expect(JSON.stringify(policy)).toContain('/currents/*');
  });
});
