import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A signed request as it arrived. */
export interface SignedRequest {
  readonly method: string;
  /** As sent, still encoded, with the stage. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly receivedAtMs: number;
}

export type SignatureJudgement =
  | { readonly kind: 'valid'; readonly accessKeyId: string }
  /** No signature at all, or one of another form. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid'; readonly message: string };

/** AWS takes a signature five minutes either side of its own clock. */
const SKEW_MS_MAX = 5 * 60_000;
const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/** The access keys of a local cloud: each is its own secret, as the connection file's clients have it. */
const SECRETS: ReadonlyMap<string, string> = new Map([
  ['kindred', 'kindred'],
  ['test', 'test'],
]);

/**
 * Verifies Signature Version 4 in the Authorization header; a session token is signed like any header.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function judgeSignature(
  request: SignedRequest,
  scope: { readonly service: string; readonly region: string },
): SignatureJudgement {
  const header = (name: string) => headerOf(request, name);
  const match = HEADER.exec(header('authorization') ?? '');
  const time = header('x-amz-date') ?? '';
  if (match === null || !/^\d{8}T\d{6}Z$/.test(time)) return { kind: 'missing' };
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', given = ''] = match;
  const secret = SECRETS.get(accessKeyId);
  if (secret === undefined) {
    return invalid('The security token included in the request is invalid.');
  }
  if (region !== scope.region || service !== scope.service || !time.startsWith(day)) {
    return invalid(
      `Credential should be scoped to a valid region and correct service: ${scope.region}/${scope.service}.`,
    );
  }
  if (Math.abs(timeMsOf(time) - request.receivedAtMs) > SKEW_MS_MAX) {
    return invalid('Signature expired or not yet current; check the clock.');
  }
  const signed = names.split(';');
  if (!signed.includes('host')) return invalid("'Host' must be a 'SignedHeader'.");
  const canonical = canonicalRequest(request, signed, service);
  const text = [
    'AWS4-HMAC-SHA256',
    time,
    `${day}/${region}/${service}/aws4_request`,
    sha256(canonical),
  ];
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${secret}`,
  );
  const expected = hmac(key, text.join('\n'));
  if (timingSafeEqual(expected, Buffer.from(given, 'hex'))) return { kind: 'valid', accessKeyId };
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

function canonicalRequest(
  request: SignedRequest,
  signed: readonly string[],
  service: string,
): string {
  // S3 alone signs the path as it is sent; the others encode it once more.
  const path = service === 's3' ? request.path : request.path.split('/').map(encoded).join('/');
  const query = [...request.query]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const headers = signed.map(
    (name) => `${name}:${(headerOf(request, name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const hash = sha256(request.body);
  return [request.method, path, query, headers.join(''), signed.join(';'), hash].join('\n');
}

function headerOf({ headers }: SignedRequest, name: string): string | undefined {
  const values = headers.filter(([other]) => other.toLowerCase() === name);
  return values.length === 0 ? undefined : values.map(([, value]) => value.trim()).join(',');
}

function timeMsOf(time: string): number {
  return Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function invalid(message: string): SignatureJudgement {
  return { kind: 'invalid', message };
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
