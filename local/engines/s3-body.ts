import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-store.ts';

/**
 * Undoes the SDK's aws-chunked framing and verifies the checksum in header or trailer.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @throws S3Error `BadDigest` when the bytes are not what the client sent, `InvalidRequest` for a
 * framing or a checksum algorithm that is not built.
 */
export function decodeBody(raw: Buffer, headers: Record<string, string>): Buffer {
  const isChunked =
    headers['content-encoding']?.includes('aws-chunked') === true ||
    headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;
  const { body, trailers } = isChunked ? unchunk(raw) : { body: raw, trailers: {} };
  if (isChunked) {
    const rest = headers['content-encoding']
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== 'aws-chunked')
      .join(',');
    if (rest === undefined || rest === '') delete headers['content-encoding'];
    else headers['content-encoding'] = rest;
  }
  verify(body, { ...headers, ...trailers });
  return body;
}

function unchunk(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', offset);
    if (end < 0) throw new S3Error(400, 'IncompleteBody', 'A chunk has no header');
    const size = Number.parseInt(raw.toString('latin1', offset, end).split(';')[0] ?? '', 16);
    if (Number.isNaN(size)) throw new S3Error(400, 'InvalidRequest', 'A chunk has no size');
    offset = end + 2;
    if (size === 0) break;
    if (offset + size > raw.length) throw new S3Error(400, 'IncompleteBody', 'A chunk is cut short');
    chunks.push(raw.subarray(offset, offset + size));
    offset += size + 2;
  }
  const trailers: Record<string, string> = {};
  for (const line of raw.toString('latin1', offset).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(chunks), trailers };
}

function verify(body: Buffer, headers: Readonly<Record<string, string>>): void {
  const checks: [string, () => string][] = [
    ['x-amz-checksum-crc32', () => crc32Base64(body)],
    ['x-amz-checksum-sha256', () => createHash('sha256').update(body).digest('base64')],
    ['x-amz-checksum-sha1', () => createHash('sha1').update(body).digest('base64')],
    ['content-md5', () => createHash('md5').update(body).digest('base64')],
  ];
  for (const [name, compute] of checks) {
    const sent = headers[name];
    if (sent !== undefined && sent !== compute()) {
      throw new S3Error(400, 'BadDigest', `The ${name} you specified did not match what was received.`);
    }
  }
  const unknown = ['x-amz-checksum-crc32c', 'x-amz-checksum-crc64nvme'].find((name) => headers[name] !== undefined);
  if (unknown !== undefined) {
    throw new S3Error(400, 'InvalidRequest', `The local S3 does not verify ${unknown}.`);
  }
}

function crc32Base64(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}
