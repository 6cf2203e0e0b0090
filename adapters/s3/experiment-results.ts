import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type ExperimentResults, experimentResults } from '../../core/experiments/results.ts';
import { readObject } from './immutable-objects.ts';

/** `experiments/<id>/results.json` and `results.html`: the last ones; each night's take the place of those before. */
export interface ResultsStore {
  readonly client: S3Client;
  readonly bucket: string;
}

export const EXPERIMENTS_PREFIX = 'experiments/';

/** The page first: results are only there with it. */
export async function writeResults(
  store: ResultsStore,
  results: ExperimentResults,
  page: string,
): Promise<void> {
  const { experimentId } = results;
  await put(store, `${experimentId}/results.html`, page, 'text/html; charset=utf-8');
  await put(store, `${experimentId}/results.json`, JSON.stringify(results), 'application/json');
}

/** Undefined where there are none, or of a form that this code doesn't know. */
export async function readResults(
  { client, bucket }: ResultsStore,
  experimentId: string,
): Promise<ExperimentResults | undefined> {
  const name = `${experimentId}/results.json`;
  const bytes = await readObject({ client, bucket, prefix: EXPERIMENTS_PREFIX }, name);
  if (bytes === undefined) return undefined;
  return experimentResults.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
}

export async function readResultsPage(
  { client, bucket }: ResultsStore,
  experimentId: string,
): Promise<string | undefined> {
  const name = `${experimentId}/results.html`;
  const bytes = await readObject({ client, bucket, prefix: EXPERIMENTS_PREFIX }, name);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

async function put(
  { client, bucket }: ResultsStore,
  name: string,
  Body: string,
  ContentType: string,
): Promise<void> {
  const Key = `${EXPERIMENTS_PREFIX}${name}`;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType }));
}
