import type { Command } from 'commander';
import { namedSecret } from '../named-secret.ts';

export interface IdentitySecretOptions {
  readonly connection?: string;
  readonly identitySecret?: string;
  readonly region?: string;
}

/** The options by which a command finds the secret under which identities are hashed. */
export function withIdentitySecret(command: Command): Command {
  return command
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--identity-secret <id>',
      'in AWS, with your usual credentials: IdentitySecretArn of the stack’s outputs',
    )
    .option('--region <region>', 'region of --identity-secret (or AWS_REGION)');
}

export function identitySecret(options: IdentitySecretOptions): Promise<string> {
  const { connection, region, identitySecret: secretId } = options;
  const place = { connection, region, secretId };
  return namedSecret(place, 'IdentitySecretArn', '--identity-secret');
}
