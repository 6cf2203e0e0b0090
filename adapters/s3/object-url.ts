import { endpointSet, regionInUse } from '../aws/signed-request.ts';

/** Of signed requests to S3 without its client: where an object is, and what is worth another attempt. */
export function objectUrl(bucket: string, key: string): URL {
  return new URL(`${addressOf(bucket)}/${key.split('/').map(encoded).join('/')}`);
}

/** 4xx are for good, but for a throttled request's and a slow upload's. */
export function isTemporaryFailure(status: number, text: string): boolean {
  return status >= 500 || status === 429 || text.includes('<Code>RequestTimeout</Code>');
}

/** As the SDK has it: an endpoint of the environment takes the bucket in the path, AWS in the host. */
function addressOf(bucket: string): string {
  const endpoint = endpointSet('S3');
  if (endpoint === undefined) return `https://${bucket}.s3.${regionInUse()}.amazonaws.com`;
  return `${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}/${bucket}`;
}

/** S3's canonical form encodes more than JavaScript does. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
