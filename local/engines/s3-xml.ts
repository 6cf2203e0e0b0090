import { notImplemented, S3Error } from './s3-error.ts';
import type { Listing } from './s3-listing.ts';
import type { StoredObject } from './s3-store.ts';
import type { ListedPart } from './s3-uploads.ts';

/** S3's answers as XML. Names and order follow the API reference. */

export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const DELETED_KEYS_MAX = 1000;
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export function listBuckets(names: readonly string[]): string {
  const buckets = names.map((name) => `<Bucket><Name>${escapeText(name)}</Name></Bucket>`).join('');
  return `<ListAllMyBucketsResult ${NAMESPACE}><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`;
}

export function listing(bucket: string, query: URLSearchParams, page: Listing): string {
  const isEncoded = query.get('encoding-type') === 'url';
  const encode = isEncoded
    ? (key: string) => escapeText(encodeURIComponent(key).replaceAll('%2F', '/'))
    : escapeText;
  const contents = page.objects.map(
    ({ key, size, etag, modifiedAt }) =>
      `<Contents><Key>${encode(key)}</Key><LastModified>${modifiedAt.toISOString()}</LastModified>` +
      `<ETag>${escapeText(etag)}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const prefixes = page.prefixes.map(
    (prefix) => `<CommonPrefixes><Prefix>${encode(prefix)}</Prefix></CommonPrefixes>`,
  );
  const next =
    page.nextToken === undefined
      ? ''
      : `<NextContinuationToken>${escapeText(page.nextToken)}</NextContinuationToken>`;
  return (
    `<ListBucketResult ${NAMESPACE}><Name>${escapeText(bucket)}</Name><Prefix>${encode(query.get('prefix') ?? '')}</Prefix>` +
    `${isEncoded ? '<EncodingType>url</EncodingType>' : ''}` +
    `<KeyCount>${page.objects.length + page.prefixes.length}</KeyCount>` +
    `<IsTruncated>${page.nextToken !== undefined}</IsTruncated>${next}${contents.join('')}${prefixes.join('')}</ListBucketResult>`
  );
}

export function location(): string {
  return `<LocationConstraint ${NAMESPACE}/>`;
}

export function deleted(keys: readonly string[]): string {
  const entries = keys.map((key) => `<Deleted><Key>${escapeText(key)}</Key></Deleted>`).join('');
  return `<DeleteResult ${NAMESPACE}>${entries}</DeleteResult>`;
}

export function copied({ etag, modifiedAt }: StoredObject): string {
  return `<CopyObjectResult><ETag>${escapeText(etag)}</ETag><LastModified>${modifiedAt.toISOString()}</LastModified></CopyObjectResult>`;
}

export function uploadCreated(bucket: string, key: string, uploadId: string): string {
  return `<InitiateMultipartUploadResult ${NAMESPACE}><Bucket>${escapeText(bucket)}</Bucket><Key>${escapeText(key)}</Key><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`;
}

export function uploadCompleted(bucket: string, key: string, etag: string): string {
  return `<CompleteMultipartUploadResult ${NAMESPACE}><Bucket>${escapeText(bucket)}</Bucket><Key>${escapeText(key)}</Key><ETag>${escapeText(etag)}</ETag></CompleteMultipartUploadResult>`;
}

export function error(code: string, message: string): string {
  return `${DECLARATION}<Error><Code>${code}</Code><Message>${escapeText(message)}</Message></Error>`;
}

/** What a DeleteObjects request, in the SDK's form, names: no other element of it holds a `Key`. */
export function keysToDelete(document: string): { keys: string[]; isQuiet: boolean } {
  if (document.includes('<VersionId>')) throw notImplemented('the deletion of versions');
  const keys = [...document.matchAll(/<Key>([^<]*)<\/Key>/gu)].map(([, key = '']) =>
    unescapeText(key),
  );
  if (keys.length === 0 || keys.length > DELETED_KEYS_MAX) {
    throw new S3Error(400, 'MalformedXML', `It names 1 to ${DELETED_KEYS_MAX} keys`);
  }
  return { keys, isQuiet: document.includes('<Quiet>true</Quiet>') };
}

/** The parts that a CompleteMultipartUpload request lists, in its order. */
export function listedParts(document: string): ListedPart[] {
  return [...document.matchAll(/<Part>(.*?)<\/Part>/gsu)].map(([, part = '']) => ({
    partNumber: Number(/<PartNumber>(\d+)<\/PartNumber>/u.exec(part)?.[1]),
    etag: unescapeText(/<ETag>([^<]*)<\/ETag>/u.exec(part)?.[1] ?? ''),
  }));
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function unescapeText(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/giu, (_, digits: string) =>
      String.fromCodePoint(Number.parseInt(digits, 16)),
    )
    .replace(/&#(\d+);/gu, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
