import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientOptions, readConnection } from './connection.ts';
import { UserError } from './user-error.ts';

export interface SecretPlace {
  readonly connection?: string | undefined;
  readonly region?: string | undefined;
  /** In AWS; what the connection file names where absent. */
  readonly secretId?: string | undefined;
}

/** A secret's text; `resource` is its name among the stack's outputs, `option` what names it otherwise. */
export async function namedSecret(
  place: SecretPlace,
  resource: string,
  option: string,
): Promise<string> {
  const { client, SecretId } = await secretOf(place, resource, option);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new UserError(`The secret ${resource} has no text.`, '');
    return SecretString;
  } finally {
    client.destroy();
  }
}

async function secretOf(
  { connection: file, region, secretId: SecretId }: SecretPlace,
  resource: string,
  option: string,
) {
  if (SecretId !== undefined) {
    return { client: new SecretsManagerClient(region === undefined ? {} : { region }), SecretId };
  }
  const connection = await readConnection(file);
  const named = connection.resources[resource];
  if (named === undefined) {
    throw new UserError(
      `The connection file names no ${resource}.`,
      `Write it again with \`npm start\`, or give ${option}.`,
    );
  }
  return {
    client: new SecretsManagerClient(clientOptions(connection, 'secretsmanager')),
    SecretId: named,
  };
}
