import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { buffer as bytesOf } from 'node:stream/consumers';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';

/** Doubled before each further attempt. */
const PAUSE_MS_BASE = 50;

/** One request to a service of AWS. */
export interface ServiceRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** With its path encoded as it is to be sent. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent from a GET. */
  readonly body?: Buffer;
}

/** How long and how often a request is tried. */
export interface Attempts {
  readonly attemptsMax: number;
  readonly attemptMsMax: number;
  /** Half of what the first pause may last; PAUSE_MS_BASE where it isn't given. */
  readonly pauseMsBase?: number;
  /** Epoch; nothing is begun behind it. */
  readonly deadlineMs: number;
  /** Whether a refusal may pass: status and text of the answer. */
  readonly isTemporary: (status: number, text: string) => boolean;
  /** Ends it all, whatever attempts are left. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** The answer's bytes. */
export type SendSigned = (request: ServiceRequest, attempts: Attempts) => Promise<Buffer>;

/** A service answered, and not as it was asked to. The message is the status alone. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly status: number;
  // Private, so that nothing of it can come into a log.
  readonly #text: string;

  constructor(status: number, text: string) {
    super(`HTTP ${status}`);
    this.status = status;
    this.#text = text;
  }

  /** Whether the answer names this code of an error. */
  names(code: string): boolean {
    return this.#text.includes(code);
  }
}

/**
 * Sends requests as the SDK would, signed (AWS Signature Version 4) and tried anew with jittered pauses: for
 * the one operation that a function asks of a service whose client would weigh more than all its own code.
 * Credentials and region are the function's, from the environment. Resolves with the answer's bytes.
 * @throws the last failure, a `ServiceRefusal` or what the connection says; neither holds anything of the request.
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
  return async (request, attempts) => {
    const { attemptsMax, attemptMsMax, deadlineMs, isTemporary, abortSignal } = attempts;
    const { pauseMsBase = PAUSE_MS_BASE } = attempts;
    let cause: unknown = new Error('no time is left');
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (attempt > 0) await pause(pauseMsBase * 2 ** attempt, deadlineMs);
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) break;
      try {
        const attemptMs = Math.min(leftMs, attemptMsMax);
        const signal = endOf(attemptMs, abortSignal);
        const { status, bytes } = await answerOf(request, await signed(signer, request), signal);
        if (status >= 200 && status < 300) return bytes;
        const text = bytes.toString();
        cause = new ServiceRefusal(status, text);
        if (!isTemporary(status, text)) break;
      } catch (error) {
        cause = error;
      }
      if (abortSignal?.aborted === true) break;
    }
    throw cause;
  };
}

/** When an attempt ends: after its time, or with all of it. */
function endOf(attemptMs: number, abortSignal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(attemptMs);
  return abortSignal === undefined ? timeout : AbortSignal.any([timeout, abortSignal]);
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
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const send = url.protocol === 'http:' ? requestPlain : requestEncrypted;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = send(url, { method, headers, signal });
    // An error behind the response ends the reading below, and is told there.
    sending.on('response', resolve).on('error', reject);
    sending.end(body);
  });
  // Read to its end, so that the connection can be used again.
  return { status: answer.statusCode ?? 0, bytes: await bytesOf(answer) };
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
async function pause(msMax: number, deadlineMs: number): Promise<void> {
  const longestMs = Math.min(msMax, deadlineMs - Date.now());
  if (longestMs <= 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs));
}
