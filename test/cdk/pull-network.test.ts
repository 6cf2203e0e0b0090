import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Environment, environments, parseEnvironment } from '../../cdk/environments.ts';
import { appOf } from './synthesized.ts';

/** The service stack of dev with this network. cdk-nag has passed when it returns. */
function templateWith(pull: Environment['pull']) {
  const environment: Environment = { ...environments.dev, ...(pull === undefined ? {} : { pull }) };
  const folder = mkdtempSync(join(tmpdir(), 'kindred-synth-'));
  try {
    const { stacks } = appOf({ dev: environment }, folder).synth();
    return stacks.find(({ stackName }) => stackName === 'Kindred-dev')?.template;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const network = {
  subnetIds: ['subnet-0123456789abcdef0'],
  securityGroupIds: ['sg-0123456789abcdef0'],
};

describe('the function that pulls', () => {
  it('stands in no network where nothing is said, and may make no interface', () => {
    const template = templateWith(undefined);
    expect(template.Resources.Pull.Properties).not.toHaveProperty('VpcConfig');
    expect(JSON.stringify(template)).not.toContain('ec2:');
  });

  it('stands in the named subnets, alone of all functions, with the interfaces that this takes', () => {
    const template = templateWith(network);
    const inside = Object.entries<{ Properties?: { VpcConfig?: object } }>(
      template.Resources,
    ).filter(([, { Properties }]) => Properties?.VpcConfig !== undefined);
    expect(inside).toMatchObject([
      [
        'Pull',
        {
          Properties: {
            VpcConfig: { SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
          },
        },
      ],
    ]);
    expect(JSON.stringify(template)).toContain('ec2:CreateNetworkInterface');
  });

  it('is not deployed into a network by half', () => {
    const { subnetIds } = network;
    expect(() => parseEnvironment('dev', { ...environments.dev, pull: { subnetIds } })).toThrow(
      /pull\.securityGroupIds/,
    );
    const pull = { ...network, subnetIds: ['vpc-1'] };
    expect(() => parseEnvironment('dev', { ...environments.dev, pull })).toThrow(
      /must be a subnet/,
    );
  });
});
