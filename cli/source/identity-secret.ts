import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import { clientOptions, readConnection } from '../connection.ts';
import { UserError } from '../user-error.ts';

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

export async function identitySecret(options: IdentitySecretOptions): Promise<string> {
  const { client, SecretId } = await secretOf(options);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new UserError('The identity secret has no text.', '');
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function secretOf(options: IdentitySecretOptions) {
  const { identitySecret: SecretId, region } = options;
  if (SecretId !== undefined) {
    return { client: new SecretsManagerClient(region === undefined ? {} : { region }), SecretId };
  }
  const connection = await readConnection(options.connection);
  const named = connection.resources.IdentitySecretArn;
  if (named === undefined) {
    throw new UserError(
      'The connection file names no IdentitySecretArn.',
      'Write it again with `npm start`, or give --identity-secret.',
    );
  }
  return {
    client: new SecretsManagerClient(clientOptions(connection, 'secretsmanager')),
    SecretId: named,
  };
}
