import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Environment, environments, parseEnvironment } from '../../cdk/environments.ts';
import { appOf } from './synthesized.ts';

const resource = z.looseObject({ Type: z.string(), Properties: z.looseObject({}).optional() });
const parsed = z.looseObject({ Resources: z.record(z.string(), resource) });

/** The service stack of dev with this task. cdk-nag has passed when it returns. */
function templateWith(task: Environment['train']['task']) {
  const { train, ...others } = environments.dev;
  const environment: Environment = { ...others, train: { ...train, ...(task && { task }) } };
  const folder = mkdtempSync(join(tmpdir(), 'kindred-synth-'));
  try {
    const { stacks } = appOf({ dev: environment }, folder).synth();
    const found = stacks.find(({ stackName }) => stackName === 'Kindred-dev');
    return parsed.parse(found?.template);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const typesOf = ({ Resources }: ReturnType<typeof templateWith>) =>
  new Set(Object.values(Resources).map(({ Type }) => Type));
const ofType = ({ Resources }: ReturnType<typeof templateWith>, type: string) =>
  Object.values(Resources).filter(({ Type }) => Type === type);

describe('the training task', () => {
  it('does not exist where no environment asks for it, and is never chosen', () => {
    const template = templateWith(undefined);
    const types = [...typesOf(template)].filter((type) => /^AWS::(ECS|EC2)/u.test(type));
    expect(types).toEqual([]);
    const [machine] = ofType(template, 'AWS::StepFunctions::StateMachine').filter((each) =>
      JSON.stringify(each).includes('TaskInteractionsMin'),
    );
    expect(machine?.Properties?.DefinitionSubstitutions).toMatchObject({
      TaskInteractionsMin: '9007199254740991',
    });
    expect(JSON.stringify(template)).not.toContain('ecs:RunTask');
  });

  it('costs nothing between runs: no NAT, no interface endpoint, no service, no address', () => {
    const template = templateWith({ interactionsMin: 2e7, processors: 8, memoryGb: 32 });
    const types = typesOf(template);
    for (const costly of ['NatGateway', 'EIP', 'Instance']) {
      expect(types).not.toContain(`AWS::EC2::${costly}`);
    }
    expect(types).not.toContain('AWS::ECS::Service');
    const endpoints = ofType(template, 'AWS::EC2::VPCEndpoint');
    expect(endpoints.map(({ Properties }) => Properties?.VpcEndpointType)).toEqual(['Gateway']);
    expect(ofType(template, 'AWS::ECS::TaskDefinition')).toMatchObject([
      { Properties: { Cpu: '8192', Memory: '32768', RequiresCompatibilities: ['FARGATE'] } },
    ]);
  });

  it('accepts no connection, and may read and write snapshots alone', () => {
    const template = templateWith({ interactionsMin: 2e7, processors: 2, memoryGb: 8 });
    const [group] = ofType(template, 'AWS::EC2::SecurityGroup');
    expect(group?.Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(group?.Properties?.SecurityGroupEgress).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
    const policies = Object.entries(template.Resources).filter(
      ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.includes('TaskRole'),
    );
    const actions = policies.flatMap(([, each]) =>
      [...JSON.stringify(each).matchAll(/"((?:s3|dynamodb|states|iam):\w+)"/gu)].map(
        ([, action]) => action,
      ),
    );
    expect(new Set(actions)).toEqual(new Set(['s3:GetObject', 's3:PutObject', 's3:ListBucket']));
  });

  it('is refused with sizes that Fargate has not', () => {
    const { train } = environments.dev;
    const task = { interactionsMin: 1, processors: 3, memoryGb: 8 };
    expect(() =>
      parseEnvironment('dev', { ...environments.dev, train: { ...train, task } }),
    ).toThrow('train.task.processors');
  });
});
