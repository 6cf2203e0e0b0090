import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { UserError } from './user-error.ts';

/** Where a running Kindred is: what `kindred start` prints and writes, and other commands read. */
export const connection = z.object({
  /** Base URL of the collector, up to and without `/v1`. */
  collector: z.url(),
  writeKey: z.string().min(1),
  /** Base URL of the recommendation API, up to and without `/v1`. */
  api: z.url(),
  apiKey: z.string().min(1),
  /** Endpoint per AWS service (dynamodb, kinesis, s3, sfn, …); empty for AWS itself. */
  aws: z.record(z.string(), z.url()),
  region: z.string(),
  /** The stack's outputs: table, bucket, stream and state machine names. */
  resources: z.record(z.string(), z.string()),
});
export type Connection = z.infer<typeof connection>;

export const CONNECTION_FILE = '.kindred/connection.json';

/**
 * Reads a connection file.
 * @throws UserError when the file is missing or is not a connection.
 */
export async function readConnection(file: string = CONNECTION_FILE): Promise<Connection> {
  const remedy = 'Run `npm start` in another terminal, or name a file with --connection.';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new UserError(`No connection file at ${file}.`, remedy);
  }
  const parsed = connection.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new UserError(
      `${file} is not a connection file: ${z.prettifyError(parsed.error)}`,
      remedy,
    );
  }
  return parsed.data;
}

/** Writes a connection file for the other commands, readable by its owner alone: it holds keys. */
export async function writeConnection(
  value: Connection,
  file: string = CONNECTION_FILE,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Settings of an AWS client for a connection: its endpoint, which asks for no real credentials, where it
 * names one, AWS's own otherwise.
 */
export function clientOptions(
  { region, aws }: Pick<Connection, 'region' | 'aws'>,
  service: string,
) {
  const endpoint = aws[service];
  if (endpoint === undefined) return { region };
  const credentials = { accessKeyId: 'kindred', secretAccessKey: 'kindred' };
  return { region, endpoint, credentials };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
