import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { Problem } from './answers.ts';
import { requestHeader } from './request-header.ts';

/** A body's text and the JSON in it. */
export interface RequestBody {
  readonly text: string;
  readonly value: unknown;
}

const BYTE_ORDER_MARK = '\ufeff';

/**
 * A body's bytes: undoes API Gateway's base64 and the sender's compression, never to more than `bytesMax`.
 * @throws Problem when it is too large, not what its encoding says, or not UTF-8.
 */
export function bodyBytes(event: APIGatewayProxyEvent, bytesMax: number): Buffer {
  const sent = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (sent.length > bytesMax) throw tooLarge(bytesMax);
  const bytes = decompressed(sent, requestHeader(event, 'content-encoding'), bytesMax);
  if (bytes.length === 0) throw new Problem(400, 'The body is empty; send the call as JSON.');
  if (!isUtf8(bytes)) throw new Problem(400, 'The body is not UTF-8; encode the JSON as UTF-8.');
  return bytes;
}

/**
 * Reads a body as JSON whatever its Content-Type says: browsers send `text/plain` to spare a
 * preflight, RudderStack's SDK says it is a form.
 * @throws Problem when it is not JSON.
 */
export function parsedBody(bytes: Buffer): RequestBody {
  const decoded = bytes.toString('utf8');
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new Problem(400, `The body is not JSON${placeOf(error)}; send one JSON document.`);
  }
}

function decompressed(sent: Buffer, encoding: string | undefined, bytesMax: number): Buffer {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === '' || name === 'identity') return sent;
  const decompress = decompressors.get(name);
  if (decompress === undefined) {
    throw new Problem(415, 'Content-Encoding must be gzip, deflate, br or identity.');
  }
  // A proxy on the way may have undone the compression and left the header.
  if (sent[0] === 0x7b || sent.length === 0) return sent;
  try {
    return decompress(sent, bytesMax);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(bytesMax);
    }
    throw new Problem(400, `The body is not whole ${name} data, as Content-Encoding says it is.`);
  }
}

const decompressors: ReadonlyMap<string, (sent: Buffer, bytesMax: number) => Buffer> = new Map([
  ['gzip', (sent, maxOutputLength) => gunzipSync(sent, { maxOutputLength })],
  ['x-gzip', (sent, maxOutputLength) => gunzipSync(sent, { maxOutputLength })],
  ['br', (sent, maxOutputLength) => brotliDecompressSync(sent, { maxOutputLength })],
  [
    'deflate',
    // RFC 9110 means the zlib format; some senders leave out its header, whose low bits are 8.
    (sent, maxOutputLength) =>
      ((sent[0] ?? 0) & 0x0f) === 8
        ? inflateSync(sent, { maxOutputLength })
        : inflateRawSync(sent, { maxOutputLength }),
  ],
]);

function tooLarge(bytesMax: number): Problem {
  return new Problem(
    413,
    `The body has more than ${bytesMax} bytes uncompressed; send fewer or smaller calls.`,
  );
}

/** V8 names the position, and around it the text, which may be personal: only the number goes out. */
function placeOf(error: unknown): string {
  const position =
    error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? '' : ` (at character ${position})`;
}
