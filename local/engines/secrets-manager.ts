import { randomInt, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Faults } from '../faults.ts';
import { type Engine, ServiceError, startJsonService } from './json-service.ts';

/** Secrets Manager: values in memory, by name or ARN. */
export interface SecretsManagerEngine extends Engine {
  /** Creates a secret and gives its ARN. */
  create(name: string, value: string): string;
  value(nameOrArn: string): string;
}

/** How CloudFormation asks for a generated value. */
export const generateSecretStringOptions = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().optional(),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

const secretId = z.object({ SecretId: z.string() });

/** A random string of the kinds of characters asked for, in the template's JSON where there is one. */
export function generateSecretString(input: unknown): string {
  const options = generateSecretStringOptions.parse(input);
  const alphabet = [
    options.ExcludeLowercase ? '' : LOWERCASE,
    options.ExcludeUppercase ? '' : LOWERCASE.toUpperCase(),
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .join('')
    .split('')
    .filter((character) => !options.ExcludeCharacters.includes(character));
  const value = Array.from(
    { length: options.PasswordLength },
    () => alphabet[randomInt(alphabet.length)],
  ).join('');
  if (options.SecretStringTemplate === undefined || options.GenerateStringKey === undefined)
    return value;
  const template = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(options.SecretStringTemplate));
  return JSON.stringify({ ...template, [options.GenerateStringKey]: value });
}

export async function startSecretsManagerEngine(
  options: { readonly faults?: Faults } = {},
): Promise<SecretsManagerEngine> {
  const secrets = new Map<string, { name: string; arn: string; value: string; version: string }>();

  const create = (name: string, value: string): string => {
    if (secrets.has(name)) {
      throw new ServiceError('ResourceExistsException', `The secret ${name} already exists.`);
    }
    const arn = `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${name}-${randomUUID().slice(0, 6)}`;
    secrets.set(name, { name, arn, value, version: randomUUID() });
    return arn;
  };
  const find = (nameOrArn: string) => {
    const found =
      secrets.get(nameOrArn) ?? [...secrets.values()].find(({ arn }) => arn === nameOrArn);
    if (found !== undefined) return found;
    throw new ServiceError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  };

  const service = await startJsonService({
    name: 'Secrets Manager',
    target: 'secretsmanager',
    faultName: 'secretsmanager',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.1',
    throttlingError: 'ThrottlingException',
    operations: {
      GetSecretValue: (input) => {
        const { name, arn, value, version } = find(parse(secretId, input).SecretId);
        return {
          ARN: arn,
          Name: name,
          SecretString: value,
          VersionId: version,
          VersionStages: ['AWSCURRENT'],
        };
      },
      DescribeSecret: (input) => {
        const { name, arn } = find(parse(secretId, input).SecretId);
        return { ARN: arn, Name: name };
      },
      CreateSecret: (input) => {
        const { Name, SecretString } = parse(
          z.object({ Name: z.string(), SecretString: z.string() }),
          input,
        );
        return { ARN: create(Name, SecretString), Name };
      },
      PutSecretValue: (input) => {
        const { SecretId, SecretString } = parse(
          secretId.extend({ SecretString: z.string() }),
          input,
        );
        const secret = find(SecretId);
        secrets.set(secret.name, { ...secret, value: SecretString, version: randomUUID() });
        return { ARN: secret.arn, Name: secret.name };
      },
      ListSecrets: () => ({
        SecretList: [...secrets.values()].map(({ name, arn }) => ({ Name: name, ARN: arn })),
      }),
    },
  });
  return { ...service, create, value: (nameOrArn) => find(nameOrArn).value };
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError('InvalidParameterException', z.prettifyError(parsed.error));
}
