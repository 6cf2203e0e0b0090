import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

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
  { client, bucket }: Lake,
  key: string,
): AsyncGenerator<string, 'whole' | 'broken'> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (!(Body instanceof Readable)) throw new Error(`${key} came without a body`);
  const unpacked = createGunzip();
  const download = pipeline(Body, unpacked).catch(() => undefined);
  try {
    yield* createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY });
    return 'whole';
  } catch (error) {
    if (isZlibError(error)) return 'broken';
    throw error;
  } finally {
    unpacked.destroy();
    await download;
  }
}

/**
 * Hands every line of one file to `onLine`, streaming: memory is a chunk and a line, whatever the
 * file's size. Returns 'broken' where the file ends early or is no gzip; the lines before the break
 * have then been handed over.
 */
export async function readLines(
  { client, bucket }: Lake,
  key: string,
  onLine: (line: string) => void,
): Promise<'whole' | 'broken'> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (!(Body instanceof Readable)) throw new Error(`${key} came without a body`);
  try {
    await pipeline(Body, createGunzip(), (source) => splitLines(source, onLine));
    return 'whole';
  } catch (error) {
    if (isZlibError(error)) return 'broken';
    throw error;
  }
}

async function splitLines(
  source: AsyncIterable<Buffer>,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
  rest += decoder.decode();
  if (rest !== '') onLine(rest);
}

/** zlib's errors have codes such as Z_BUF_ERROR (cut off) and Z_DATA_ERROR (no gzip, or damaged). */
function isZlibError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('Z_')
  );
}
