import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

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

const client = new SecretsManagerClient({
  maxAttempts: ATTEMPTS_MAX,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: ATTEMPT_MS_MAX,
    throwOnRequestTimeout: true,
  },
});
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
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    const value = answer.SecretString;
    if (value === undefined || value === '') throw new Error('a secret has no string value');
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
