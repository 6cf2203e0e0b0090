import { S3Error } from './s3-error.ts';
import type { Bucket, StoredObject } from './s3-store.ts';

export interface Listing {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly nextToken: string | undefined;
}

const PAGE_KEYS_MAX = 1000;

/**
 * A page of a bucket's keys in the order of their bytes, with the common prefixes that a delimiter
 * makes. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listObjects(bucket: Bucket, query: URLSearchParams): Listing {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const limit = pageSize(query.get('max-keys'));
  const objects: StoredObject[] = [];
  const prefixes: string[] = [];
  let last = '';
  for (const key of keysAfter(bucket, prefix, after)) {
    const common = commonPrefix(key, prefix, delimiter);
    // One prefix stands for all its keys, so a page never ends between them.
    if (common === undefined || common !== prefixes.at(-1)) {
      if (objects.length + prefixes.length >= limit) {
        return { objects, prefixes, nextToken: limit === 0 ? undefined : encodeToken(last) };
      }
      const object = bucket.get(key);
      if (common !== undefined) prefixes.push(common);
      else if (object !== undefined) objects.push(object);
    }
    last = key;
  }
  return { objects, prefixes, nextToken: undefined };
}

function keysAfter(bucket: Bucket, prefix: string, after: string): string[] {
  return [...bucket.keys()]
    .filter((key) => key.startsWith(prefix) && (after === '' || byBytes(key, after) > 0))
    .toSorted(byBytes);
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
}

function pageSize(text: string | null): number {
  if (text === null) return PAGE_KEYS_MAX;
  if (/^\d{1,9}$/u.test(text)) return Math.min(Number(text), PAGE_KEYS_MAX);
  throw new S3Error(400, 'InvalidArgument', 'max-keys is not a number');
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (token !== '' && encodeToken(key) === token) return key;
  throw new S3Error(400, 'InvalidArgument', 'The continuation token provided is incorrect');
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
