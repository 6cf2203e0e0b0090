import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Command } from 'commander';
import { espName } from '../../core/events/source.ts';
import { espKey } from '../../core/identity/identity-key.ts';
import { clientOptions, readConnection } from '../connection.ts';
import { UserError } from '../user-error.ts';

interface EspKeyOptions {
  readonly connection?: string;
  readonly identitySecret?: string;
  readonly region?: string;
}

/** `kindred source esp-key`: prints the key with which an ESP signs addresses. */
export function espKeyCommand(): Command {
  return new Command('esp-key')
    .description('print the key with which an ESP signs addresses, to be kept in the ESP')
    .argument('<esp>', 'its name in espKeys of a source, e.g. braze')
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--identity-secret <id>',
      'in AWS, with your usual credentials: IdentitySecretArn of the stack’s outputs',
    )
    .option('--region <region>', 'region of --identity-secret (or AWS_REGION)')
    .action(printKey);
}

async function printKey(text: string, options: EspKeyOptions): Promise<void> {
  const esp = espName.safeParse(text);
  if (!esp.success) {
    throw new UserError(`"${text}" is no name of an ESP.`, esp.error.issues[0]?.message ?? '');
  }
  process.stdout.write(`${espKey(esp.data, await identitySecret(options))}\n`);
}

async function identitySecret(options: EspKeyOptions): Promise<string> {
  const { client, SecretId } = await secretOf(options);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new UserError('The identity secret has no text.', '');
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function secretOf(options: EspKeyOptions) {
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
