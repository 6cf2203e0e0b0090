import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Command } from 'commander';
import * as z from 'zod';
import { Sha256 } from '../../adapters/aws/sha256.ts';
import { clientOptions, readConnection } from '../connection.ts';
import { UserError } from '../user-error.ts';

export interface OperatorApiOptions {
  readonly connection?: string;
  readonly api?: string;
  readonly region?: string;
}

/** The operators' API of a running Kindred, as docs/reference/operator-api.md describes it. */
export interface OperatorApi {
  /**
   * One request, signed by IAM.
   * @throws UserError with the remedy for whatever the API refuses.
   */
  ask<Schema extends z.ZodType>(
    request: OperatorRequest,
    schema: Schema,
  ): Promise<z.output<Schema>>;
}

export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1`, e.g. `/quarantine`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** The options by which a command finds the operators' API. */
export function withOperatorApi(command: Command): Command {
  return command
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--api <url>',
      'API in AWS, with your usual credentials: ApiUrl of the stack’s outputs (or KINDRED_API)',
    )
    .option('--region <region>', 'region of --api (or AWS_REGION)');
}

export async function operatorApi(options: OperatorApiOptions): Promise<OperatorApi> {
  const { base, region, credentials } = await connect(options);
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return {
    async ask({ method, path, query = {}, body }, schema) {
      const url = new URL(`${base}/v1${path}`);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const text = body === undefined ? undefined : JSON.stringify(body);
      const { headers } = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: { ...query },
        headers: { host: url.host, 'content-type': 'application/json' },
        ...(text === undefined ? {} : { body: text }),
      });
      const { host: _, ...sent } = headers;
      const answer = await reached(base, () =>
        fetch(url, { method, headers: sent, ...(text === undefined ? {} : { body: text }) }),
      );
      if (!answer.ok) throw await refusal(answer);
      return schema.parse(await answer.json());
    },
  };
}

async function connect(options: OperatorApiOptions) {
  const named = options.api ?? process.env.KINDRED_API;
  const region = options.region ?? process.env.AWS_REGION;
  if (named !== undefined) {
    if (region === undefined) {
      throw new UserError('The API has no region.', 'Give --region, or set AWS_REGION.');
    }
    // Every client of the SDK finds the usual credentials: this one asks for nothing else.
    const { credentials } = new S3Client({ region }).config;
    return { base: named.replace(/(\/v1)?\/*$/, ''), region, credentials };
  }
  const connection = await readConnection(options.connection);
  const local = clientOptions(connection, 'sfn');
  const credentials =
    'credentials' in local && local.credentials !== undefined
      ? local.credentials
      : new S3Client({ region: connection.region }).config.credentials;
  return { base: connection.api, region: connection.region, credentials };
}

async function reached(base: string, ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch {
    throw new UserError(
      `${base} cannot be reached.`,
      'Is it running (`npm start`), or is --api another one?',
    );
  }
}

const problem = z.object({
  detail: z.string().optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

async function refusal(answer: Response): Promise<UserError> {
  if (answer.status === 403) {
    return new UserError(
      'The API refused the signature.',
      'Your credentials need execute-api:Invoke on this route; see docs/reference/operator-api.md.',
    );
  }
  const parsed = problem.safeParse(await answer.json().catch(() => undefined));
  const { detail = `The API answered ${answer.status}.`, issues = [] } = parsed.data ?? {};
  const lines = issues.map(({ path, message }) => `${path}: ${message}`);
  const reference = 'See docs/reference/operator-api.md.';
  return new UserError(detail, lines.length > 0 ? lines.join('\n') : reference);
}
