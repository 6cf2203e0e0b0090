import type { Listing, ObjectSummary } from './s3-store.ts';

/** S3's answers as XML. Names and order follow the API reference. */

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export function listBuckets(names: readonly string[]): string {
  const buckets = names.map((name) => `<Bucket><Name>${escape(name)}</Name></Bucket>`).join('');
  return `<ListAllMyBucketsResult ${NAMESPACE}><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`;
}

export function listObjects(bucket: string, query: URLSearchParams, listing: Listing): string {
  const encode =
    query.get('encoding-type') === 'url'
      ? (key: string) => escape(encodeURIComponent(key).replaceAll('%2F', '/'))
      : escape;
  const contents = listing.objects.map(
    ({ key, size, etag, modifiedAt }) =>
      `<Contents><Key>${encode(key)}</Key><LastModified>${modifiedAt.toISOString()}</LastModified>` +
      `<ETag>${escape(etag)}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const prefixes = listing.prefixes.map((prefix) => `<CommonPrefixes><Prefix>${encode(prefix)}</Prefix></CommonPrefixes>`);
  const next = listing.nextToken === undefined ? '' : `<NextContinuationToken>${escape(listing.nextToken)}</NextContinuationToken>`;
  return (
    `<ListBucketResult ${NAMESPACE}><Name>${escape(bucket)}</Name><Prefix>${encode(query.get('prefix') ?? '')}</Prefix>` +
    `<KeyCount>${listing.objects.length + listing.prefixes.length}</KeyCount>` +
    `<IsTruncated>${listing.nextToken !== undefined}</IsTruncated>${next}${contents.join('')}${prefixes.join('')}</ListBucketResult>`
  );
}

export function location(): string {
  return `<LocationConstraint ${NAMESPACE}/>`;
}

export function deleted(keys: readonly string[]): string {
  const entries = keys.map((key) => `<Deleted><Key>${escape(key)}</Key></Deleted>`).join('');
  return `<DeleteResult ${NAMESPACE}>${entries}</DeleteResult>`;
}

export function copied({ etag, modifiedAt }: ObjectSummary): string {
  return `<CopyObjectResult><ETag>${escape(etag)}</ETag><LastModified>${modifiedAt.toISOString()}</LastModified></CopyObjectResult>`;
}

export function uploadCreated(bucket: string, key: string, uploadId: string): string {
  return `<InitiateMultipartUploadResult ${NAMESPACE}><Bucket>${escape(bucket)}</Bucket><Key>${escape(key)}</Key><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`;
}

export function uploadCompleted(bucket: string, key: string, etag: string): string {
  return `<CompleteMultipartUploadResult ${NAMESPACE}><Bucket>${escape(bucket)}</Bucket><Key>${escape(key)}</Key><ETag>${escape(etag)}</ETag></CompleteMultipartUploadResult>`;
}

export function error(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escape(message)}</Message></Error>`;
}

/** The keys of a DeleteObjects request, whose form is the SDK's: no other element holds a `Key`. */
export function keysToDelete(document: string): string[] {
  return [...document.matchAll(/<Key>([^<]*)<\/Key>/gu)].map((match) => unescape(match[1] ?? ''));
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function unescape(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/giu, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replace(/&#(\d+);/gu, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
