import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { StackTemplate } from '../../local/template/assembly.ts';
import { deploy } from '../../local/template/deployment.ts';
import { inertTableMarkdown } from '../../local/template/inert.ts';
import { resourceKind } from '../../local/template/resource-kind.ts';
import { parseTemplate } from '../../local/template/template.ts';

function stack(name: string, document: object): StackTemplate {
  return { name, template: parseTemplate(document, name), assets: new Map(), region: undefined };
}

async function run(stacks: StackTemplate[]) {
  const made: [string, unknown][] = [];
  const thing = resourceKind(
    'Test::A::Thing',
    z.strictObject({ Name: z.string().optional(), Of: z.string().optional() }),
    (properties, { logicalId, physicalName }) => {
      made.push([logicalId, properties]);
      return { ref: physicalName, attributes: { Arn: `arn:${logicalId}` } };
    },
  );
  const { outputs } = await deploy({
    stacks,
    kinds: new Map([[thing.type, thing]]),
    region: 'eu-west-1',
    accountId: '000000000000',
    secretValue: () => undefined,
    localAddress: (text) => text.replace('https://aws', 'http://127.0.0.1:1'),
  });
  return { made, outputs };
}

const thing = (properties: object = {}, rest: object = {}) => ({
  Type: 'Test::A::Thing',
  Properties: properties,
  ...rest,
});

describe('deploying a template', () => {
  it('makes each resource after those that it refers to or depends on', async () => {
    const { made } = await run([
      stack('S', {
        Resources: {
          Last: thing({ Of: { 'Fn::Sub': '${Middle.Arn}' } }),
          Middle: thing({}, { DependsOn: 'First' }),
          First: thing(),
        },
      }),
    ]);
    expect(made).toEqual([
      ['First', {}],
      ['Middle', {}],
      ['Last', { Of: 'arn:Middle' }],
    ]);
  });

  it('resources in a circle are refused by name', async () => {
    const circle = { A: thing({ Of: { Ref: 'B' } }), B: thing({ Of: { Ref: 'A' } }) };
    await expect(run([stack('S', { Resources: circle })])).rejects.toThrow('A → B → A');
  });

  it('an export of one stack is read by the next', async () => {
    const { made, outputs } = await run([
      stack('First', {
        Resources: { Table: thing() },
        Outputs: {
          ExportsOutputRefTable: { Value: { Ref: 'Table' }, Export: { Name: 'First:Table' } },
        },
      }),
      stack('Second', {
        Resources: { Reader: thing({ Of: { 'Fn::ImportValue': 'First:Table' } }) },
        Outputs: { Address: { Value: 'https://aws/api' } },
      }),
    ]);
    expect(made.at(-1)).toEqual(['Reader', { Of: 'First-Table' }]);
    expect(outputs).toEqual({ Address: 'http://127.0.0.1:1/api' });
  });

  it('names every unknown type at once, and makes nothing', async () => {
    const refused = run([
      stack('S', {
        Resources: { Known: thing(), A: { Type: 'AWS::EC2::Instance' }, B: { Type: 'Custom::X' } },
      }),
    ]);
    await expect(refused).rejects.toThrow(/AWS::EC2::Instance \(A of S\), Custom::X \(B of S\)/u);
  });

  it('refuses an unknown property with its resource', async () => {
    const refused = run([stack('S', { Resources: { Mine: thing({ Colour: 'red' }) } })]);
    await expect(refused).rejects.toThrow(/Mine of S \(Test::A::Thing\)[\s\S]*Colour/u);
  });

  it('takes no notice of what is listed as inert, and gives an inert resource a name and an ARN', async () => {
    const { made } = await run([
      stack('S', {
        Resources: {
          Role: { Type: 'AWS::IAM::Role', Properties: { Anything: 1 } },
          Mine: thing({ Tags: [], Name: { Ref: 'Role' }, Of: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
        },
      }),
    ]);
    expect(made).toEqual([
      ['Mine', { Name: 'S-Role', Of: 'arn:aws:iam:eu-west-1:000000000000:S-Role' }],
    ]);
    expect(inertTableMarkdown()).toMatch(/\| `AWS::IAM::Role` \| .+ \|/u);
  });

  it('leaves out a resource whose condition is false', async () => {
    const { made } = await run([
      stack('S', {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Mine: thing({}, { Condition: 'Never' }) },
      }),
    ]);
    expect(made).toEqual([]);
  });

  it('two environments at once are refused, for which would the outputs mean?', async () => {
    const output = { Outputs: { Url: { Value: 'x' } }, Resources: {} };
    await expect(run([stack('Dev', output), stack('Prod', output)])).rejects.toThrow('env=dev');
  });

  it('a section that changes what a template means is refused', () => {
    expect(() => stack('S', { Resources: {}, Transform: 'AWS::Serverless' })).toThrow('Transform');
  });
});
