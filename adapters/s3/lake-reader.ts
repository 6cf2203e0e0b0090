import { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { eachLine, unpackedLines } from './packed-lines.ts';

/** The lake's raw events: `raw/day=YYYY-MM-DD/source=…/….gz`, gzip NDJSON. */
export interface Lake {
  readonly client: S3Client;
  readonly bucket: string;
}

const RAW_PREFIX = 'raw/';

/** The keys of all raw files, or of one day's, by day of arrival and then by source and name. */
export async function* rawFiles({ client, bucket }: Lake, day?: string): AsyncGenerator<string> {
  const Prefix = day === undefined ? RAW_PREFIX : `${RAW_PREFIX}day=${day}/`;
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })) {
    for (const { Key, Size } of page.Contents ?? []) {
      if (Key !== undefined && Size !== 0) yield Key;
    }
  }
}

/** The keys of raw files from a day on to another, both included, after `afterKey`. */
export async function* rawFilesBetween(
  { client, bucket }: Lake,
  { from, to }: { readonly from: string; readonly to: string },
  afterKey: string | undefined,
): AsyncGenerator<string> {
  const StartAfter = afterKey ?? `${RAW_PREFIX}day=${from}`;
  const listed = { Bucket: bucket, Prefix: `${RAW_PREFIX}day=`, StartAfter };
  for await (const page of paginateListObjectsV2({ client }, listed)) {
    for (const { Key: key, Size } of page.Contents ?? []) {
      const day = key === undefined ? undefined : /^raw\/day=([^/]+)\//.exec(key)?.[1];
      if (day !== undefined && day > to) return;
      if (key !== undefined && Size !== 0) yield key;
    }
  }
}

/**
 * The lines of one file, one by one, read no faster than they are taken. Ends early and returns 'broken'
 * where the file is cut off or is no gzip.
 */
export async function* linesOf(
  lake: Lake,
  key: string,
): AsyncGenerator<string, 'whole' | 'broken'> {
  return yield* eachLine(unpackedLines(await bodyOf(lake, key)));
}

/**
 * Hands every line of one file to `onLine`, streaming: memory is a chunk and a line, whatever the
 * file's size. Returns 'broken' where the file ends early or is no gzip; the lines before the break
 * have then been handed over. A wait for each line would cost more than the line.
 */
export async function readLines(
  lake: Lake,
  key: string,
  onLine: (line: string) => void,
): Promise<'whole' | 'broken'> {
  const lines = unpackedLines(await bodyOf(lake, key));
  try {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) return value;
      for (const line of value) onLine(line);
    }
  } finally {
    await lines.return('broken');
  }
}

async function bodyOf({ client, bucket }: Lake, key: string): Promise<Readable> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (!(Body instanceof Readable)) throw new Error(`${key} came without a body`);
  return Body;
}
