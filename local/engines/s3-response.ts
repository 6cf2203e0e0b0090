import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { S3Error } from './s3-error.ts';
import * as xml from './s3-xml.ts';

export function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body?: Buffer,
): void {
  response.writeHead(status, { 'x-amz-request-id': randomUUID(), ...headers });
  response.end(body);
}

export function sendXml(response: ServerResponse, document: string): void {
  const body = Buffer.from(`${xml.DECLARATION}${document}`);
  send(response, 200, { 'content-type': 'application/xml', 'content-length': body.length }, body);
}

/** An answer that has begun can only be cut off: its reader knows the length that was promised. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message } =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
  const isHead = response.req.method === 'HEAD';
  const body = Buffer.from(isHead ? '' : xml.error(code, message));
  send(
    response,
    status,
    { 'content-type': 'application/xml', 'content-length': body.length },
    body,
  );
}
