import { type IncomingMessage, Agent as PlainAgent, request as requestPlain } from 'node:http';
import { Agent as EncryptedAgent, request as requestEncrypted } from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';

/**
 * As the SDK has it: connections are kept until the service closes them. Node's own agents close them after five seconds
 * without a request, and the next would wait for a handshake that doesn't fit into the budget of a read.
 */
const KEPT = { keepAlive: true, maxSockets: 50 } as const;
const plain = new PlainAgent(KEPT);
const encrypted = new EncryptedAgent(KEPT);

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
    credentials: async () => credentialsInUse(),
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

/** Lambda gives a function its role's credentials in the environment and nowhere else. */
function credentialsInUse() {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
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

/** The service closed a kept connection while nobody looked, which a function that was frozen learns by using it. */
class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

/** Sends it, on another connection at once where the first was closed already: that is no failure of the service. */
async function answerOf(
  request: ServiceRequest,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  try {
    return await answerOnce(request, headers, signal);
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
    return await answerOnce(request, headers, signal);
  }
}

interface ServiceAnswer {
  readonly status: number;
  readonly bytes: Buffer;
}

/** Without `fetch`, which costs a cold start some 50 ms of loading. */
async function answerOnce(
  { method, url, body }: ServiceRequest,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  const options = { method, headers, signal };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending =
      url.protocol === 'http:'
        ? requestPlain(url, { ...options, agent: plain })
        : requestEncrypted(url, { ...options, agent: encrypted });
    // An error behind the response ends the reading below, and is told there.
    sending.on('response', resolve).on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      reject(isClosed && sending.reusedSocket ? new ConnectionClosed('', { cause: error }) : error);
    });
    sending.end(body);
  });
  // Read to its end, so that the connection can be used again.
  return { status: answer.statusCode ?? 0, bytes: await bytesOf(answer) };
}

/** Node's own `buffer` of a stream would load its web streams first, some 3 ms of a cold start. */
function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      // Also where the connection breaks within an answer.
      .on('error', reject);
  });
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
