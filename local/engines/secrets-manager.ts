import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Faults } from '../faults.ts';
import { type Engine, parseInput, ServiceError, startJsonService } from './json-service.ts';

/**
 * Secrets Manager: values in memory, by name or ARN. Only the current version is kept; another one,
 * and any member that isn't understood, is refused.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
export interface SecretsManagerEngine extends Engine {
  /** Creates a secret and gives its ARN. */
  create(name: string, value: string): string;
  value(nameOrArn: string): string;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly value: string;
  readonly version: string;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

const SECRET_BYTES_MAX = 65_536;
const CURRENT = ['AWSCURRENT'];

const secretString = z.string().refine((text) => Buffer.byteLength(text) <= SECRET_BYTES_MAX, {
  error: `A secret is at most ${SECRET_BYTES_MAX} bytes`,
});
const name = z.string().regex(/^[\w/+=.@-]{1,512}$/u);
/** The SDK fills it in; it becomes the version's id. */
const token = z.string().min(32).max(64).optional();
const describeRequest = z.strictObject({ SecretId: z.string() });
const getRequest = z.strictObject({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.literal('AWSCURRENT').optional(),
});
const createRequest = z.strictObject({
  Name: name,
  SecretString: secretString,
  ClientRequestToken: token,
});
const putRequest = z.strictObject({
  SecretId: z.string(),
  SecretString: secretString,
  ClientRequestToken: token,
  VersionStages: z.tuple([z.literal('AWSCURRENT')]).optional(),
});
const listRequest = z.strictObject({});

class Secrets {
  readonly #secrets = new Map<string, Secret>();

  create(secretName: string, value: string, version: string = randomUUID()): Secret {
    if (this.#secrets.has(secretName)) {
      throw new ServiceError('ResourceExistsException', `The secret ${secretName} already exists.`);
    }
    const suffix = randomBytes(3).toString('hex');
    const nowMs = Date.now();
    const secret = {
      name: secretName,
      arn: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${secretName}-${suffix}`,
      value,
      version,
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    };
    this.#secrets.set(secretName, secret);
    return secret;
  }

  put(secret: Secret, value: string, version: string = randomUUID()): Secret {
    const changed = { ...secret, value, version, changedAtMs: Date.now() };
    this.#secrets.set(secret.name, changed);
    return changed;
  }

  find(nameOrArn: string): Secret {
    const found = this.#secrets.get(nameOrArn) ?? this.all().find(({ arn }) => arn === nameOrArn);
    if (found !== undefined) return found;
    throw notFound("Secrets Manager can't find the specified secret.");
  }

  all(): Secret[] {
    return [...this.#secrets.values()];
  }
}

export async function startSecretsManagerEngine(
  options: { readonly faults?: Faults } = {},
): Promise<SecretsManagerEngine> {
  const secrets = new Secrets();
  const service = await startJsonService({
    name: 'Secrets Manager',
    target: 'secretsmanager',
    faultName: 'secretsmanager',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.1',
    throttlingError: 'ThrottlingException',
    operations: operationsOf(secrets),
  });
  return {
    ...service,
    create: (secretName, value) => secrets.create(secretName, value).arn,
    value: (nameOrArn) => secrets.find(nameOrArn).value,
  };
}

function operationsOf(secrets: Secrets) {
  return {
    GetSecretValue: (input: unknown) => {
      const { SecretId, VersionId } = parse(getRequest, input);
      const secret = secrets.find(SecretId);
      if (VersionId !== undefined && VersionId !== secret.version) {
        throw notFound("Secrets Manager can't find the specified secret value for VersionId.");
      }
      return {
        ...identify(secret),
        SecretString: secret.value,
        VersionStages: CURRENT,
        CreatedDate: secret.changedAtMs / 1000,
      };
    },
    DescribeSecret: (input: unknown) =>
      describe(secrets.find(parse(describeRequest, input).SecretId)),
    CreateSecret: (input: unknown) => {
      const { Name, SecretString, ClientRequestToken } = parse(createRequest, input);
      return identify(secrets.create(Name, SecretString, ClientRequestToken));
    },
    PutSecretValue: (input: unknown) => {
      const { SecretId, SecretString, ClientRequestToken } = parse(putRequest, input);
      const changed = secrets.put(secrets.find(SecretId), SecretString, ClientRequestToken);
      return { ...identify(changed), VersionStages: CURRENT };
    },
    ListSecrets: (input: unknown) => {
      parse(listRequest, input);
      return { SecretList: secrets.all().map(describe) };
    },
  };
}

function identify({ arn, name: Name, version }: Secret) {
  return { ARN: arn, Name, VersionId: version };
}

function describe({ arn, name: Name, version, createdAtMs, changedAtMs }: Secret) {
  return {
    ARN: arn,
    Name,
    CreatedDate: createdAtMs / 1000,
    LastChangedDate: changedAtMs / 1000,
    VersionIdsToStages: { [version]: CURRENT },
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  return parseInput(schema, input, 'InvalidParameterException');
}

function notFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
