import * as z from 'zod';
import { createSendSigned, endpointSet, regionInUse } from '../aws/signed-request.ts';

/** How long a secret's value is trusted: a rotated secret is in use everywhere within this time. */
const FRESH_MS = 5 * 60_000;

/** A secret is read once per process and rarely after; two attempts keep a cold start inside its time budget. */
const ATTEMPTS_MAX = 2;

/** How long one attempt may take before it counts as failed. */
const ATTEMPT_MS_MAX = 2_000;

interface CachedSecret {
  readonly value: string;
  readonly readAtMs: number;
}

const secretValue = z.object({ SecretString: z.string().min(1) });

/** A signed POST: the SDK's client would be half as large as all of a function's own code (decision 0115). */
const send = createSendSigned('secretsmanager');
const cached = new Map<string, CachedSecret>();
const inFlight = new Map<string, Promise<string>>();

/**
 * The plain string value of a secret, by its name or ARN; read once and remembered for five
 * minutes. A value that can't be renewed is used on: a stale secret beats none. Throws only when
 * the secret has never been read, or when it has no string value.
 */
export async function readSecret(secretId: string): Promise<string> {
  const known = cached.get(secretId);
  if (known !== undefined && Date.now() - known.readAtMs < FRESH_MS) return known.value;
  // Callers that arrive together share one request.
  const running = inFlight.get(secretId) ?? fetchSecret(secretId, known);
  inFlight.set(secretId, running);
  return running;
}

async function fetchSecret(secretId: string, known: CachedSecret | undefined): Promise<string> {
  try {
    const value = await askedFor(secretId);
    cached.set(secretId, { value, readAtMs: Date.now() });
    return value;
  } catch (error) {
    if (known === undefined) throw error;
    // Asked again only after another full period, so that an outage adds no latency to every call.
    cached.set(secretId, { value: known.value, readAtMs: Date.now() });
    return known.value;
  } finally {
    inFlight.delete(secretId);
  }
}

/**
 * The operation GetSecretValue in AWS JSON 1.1.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
async function askedFor(secretId: string): Promise<string> {
  const address = `https://secretsmanager.${regionInUse()}.amazonaws.com`;
  const bytes = await send(
    {
      method: 'POST',
      url: endpointSet('SECRETS_MANAGER') ?? new URL(address),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.GetSecretValue',
      },
      body: Buffer.from(JSON.stringify({ SecretId: secretId })),
    },
    {
      attemptsMax: ATTEMPTS_MAX,
      attemptMsMax: ATTEMPT_MS_MAX,
      deadlineMs: Date.now() + ATTEMPTS_MAX * ATTEMPT_MS_MAX,
      isTemporary,
    },
  );
  const answer = secretValue.safeParse(JSON.parse(bytes.toString()), { jitless: true });
  if (!answer.success) throw new Error('a secret has no string value');
  return answer.data.SecretString;
}

function isTemporary(status: number, text: string): boolean {
  return status >= 500 || status === 429 || text.includes('ThrottlingException');
}
