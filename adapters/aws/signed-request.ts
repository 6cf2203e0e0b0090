import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';

const PAUSE_MS_BASE = 50;

/** One request to a service of AWS. */
export interface ServiceRequest {
  readonly method: 'PUT' | 'POST';
  /** With its path encoded as it is to be sent. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How long and how often a request is tried. */
export interface Attempts {
  readonly attemptsMax: number;
  readonly attemptMsMax: number;
  /** Epoch; nothing is begun behind it. */
  readonly deadlineMs: number;
  /** Whether a refusal may pass: status and text of the answer. */
  readonly isTemporary: (status: number, text: string) => boolean;
}

export type SendSigned = (request: ServiceRequest, attempts: Attempts) => Promise<string>;

/**
 * Sends requests as the SDK would, signed (AWS Signature Version 4) and tried anew with jittered pauses: for
 * the one operation that a function asks of a service whose client would weigh more than all its own code.
 * Credentials and region are the function's, from the environment. Resolves with the answer's text.
 * @throws the last failure, `HTTP <status>` or what the connection says; neither holds anything of the request.
 */
export function createSendSigned(service: string): SendSigned {
  const signer = new SignatureV4({
    service,
    credentials: fromEnv(),
    region: async () => regionInUse(),
    sha256: Sha256,
    // S3 signs the path as it is sent; every other service encodes it once more, and has the path `/`.
    uriEscapePath: false,
  });
  return async (request, { attemptsMax, attemptMsMax, deadlineMs, isTemporary }) => {
    let cause: unknown = new Error('no time is left');
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (attempt > 0) await pause(attempt, deadlineMs);
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) break;
      try {
        const attemptMs = Math.min(leftMs, attemptMsMax);
        const { status, text } = await answerOf(request, await signed(signer, request), attemptMs);
        if (status >= 200 && status < 300) return text;
        cause = new Error(`HTTP ${status}`);
        if (!isTemporary(status, text)) break;
      } catch (error) {
        cause = error;
      }
    }
    throw cause;
  };
}

/** The region that the function runs in. */
export function regionInUse(): string {
  const region = process.env.AWS_REGION;
  if (region === undefined || region === '') throw new Error('AWS_REGION is not set');
  return region;
}

/** The endpoint that the environment sets for a service, as for the SDK; `AWS_ENDPOINT_URL_<suffix>` first. */
export function endpointSet(suffix: string): URL | undefined {
  const endpoint = process.env[`AWS_ENDPOINT_URL_${suffix}`] ?? process.env.AWS_ENDPOINT_URL;
  return endpoint === undefined || endpoint === '' ? undefined : new URL(endpoint);
}

/**
 * Sends it once, over the connections that Node keeps open. Without `fetch`, which costs a cold start some
 * 50 ms of loading.
 */
async function answerOf(
  { method, url, body }: ServiceRequest,
  headers: Readonly<Record<string, string>>,
  attemptMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const send = url.protocol === 'http:' ? requestPlain : requestEncrypted;
  const signal = AbortSignal.timeout(attemptMs);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = send(url, { method, headers, signal });
    // An error behind the response ends the reading below, and is told there.
    sending.on('response', resolve).on('error', reject);
    sending.end(body);
  });
  // Read to its end, so that the connection can be used again.
  return { status: answer.statusCode ?? 0, text: await textOf(answer) };
}

/** Signed anew for each attempt: a signature is of its moment, and credentials may have been renewed. */
async function signed(
  signer: SignatureV4,
  { method, url, headers, body }: ServiceRequest,
): Promise<Record<string, string>> {
  const { headers: sent } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { ...headers, host: url.host },
    body,
  });
  return sent;
}

/** Full jitter, so that those which failed together don't come back together. */
async function pause(attempt: number, deadlineMs: number): Promise<void> {
  const longestMs = Math.min(PAUSE_MS_BASE * 2 ** attempt, deadlineMs - Date.now());
  if (longestMs <= 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs));
}
