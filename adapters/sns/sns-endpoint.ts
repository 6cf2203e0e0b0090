/** What is asked of Amazon SNS itself over HTTPS; the caller has checked that the URLs are SNS'. */
export interface SnsEndpoint {
  /** The certificate (PEM) that signs messages; fetched once per process. */
  certificate(url: string): Promise<string>;
  /** Confirms a subscription. */
  confirm(url: string): Promise<void>;
}

/** A certificate is 2 KB; what is much larger isn't one. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** SNS waits 15 s for our own answer. */
const PATIENCE_MS = 5_000;
/** One per region that sends, and its successor; a rotated one is fetched by its new URL. */
const CERTIFICATES_MAX = 50;

export function createSnsEndpoint(request: typeof fetch = fetch): SnsEndpoint {
  const certificates = new Map<string, string>();
  return {
    async certificate(url) {
      const known = certificates.get(url);
      if (known !== undefined) return known;
      const fetched = await get(request, url);
      if (certificates.size >= CERTIFICATES_MAX) certificates.clear();
      certificates.set(url, fetched);
      return fetched;
    },
    async confirm(url) {
      await get(request, url);
    },
  };
}

/** SNS didn't answer as it should; temporary to whoever waits for it. */
class SnsUnavailableError extends Error {
  override readonly name = 'SnsUnavailableError';
}

async function get(request: typeof fetch, url: string): Promise<string> {
  // A redirect would leave the host that was checked.
  const response = await request(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new SnsUnavailableError(`SNS answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new SnsUnavailableError('SNS answered too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
