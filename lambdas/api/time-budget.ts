/**
 * The time budgets of an answer. An ESP gives up after two seconds (Braze Connected Content), so an
 * answer that finds nothing working must still leave well before: the customer's way (secret,
 * identity, profile) and the model's run side by side, the catalogue comes after both, and the sum of
 * the longest way is below 1.8 s on a cold start and below 0.8 s after, below 0.5 s in production. In
 * health all of it takes a few milliseconds; what is wider is so because a cold connection's TLS
 * handshake has to fit in.
 */
export const budgetsMs = {
  /** Secrets Manager, until a process has read its secret, and seldom after. */
  secret: 500,
  /**
   * A read on the customer's way (identity links; profile, and one more for each merge) while no such read has come
   * back yet in this process: TLS has to be set up. Afterwards it is the environment's `customerReadMs`.
   */
  firstCustomerRead: 250,
  /** One batch read of the catalogue. */
  catalogue: 150,
  /** Putting on the stream what has to be remembered of an answer; longer while TLS has to be set up. */
  served: 100,
  firstServed: 250,
  /** How long the first answer of a process waits for the documents of placements; the bundled ones serve after. */
  firstPlacements: 250,
  /** How long an answer waits to learn whether a model has been published since there was none. */
  pointer: 300,
} as const;

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: 'slow' | 'failed'; readonly error?: unknown };

/** Does the work, but never waits longer than the budget: then it is told to stop and left behind. */
export async function within<T>(
  budgetMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, cause: 'slow' }), budgetMs);
  });
  const result = attempt(work, controller.signal);
  const outcome = await Promise.race([result, expiry]);
  clearTimeout(timer);
  if (!outcome.ok) controller.abort();
  return outcome;
}

async function attempt<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work(signal) };
  } catch (error) {
    return { ok: false, cause: 'failed', error };
  }
}
