import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { SourceRefusedError, SourceUnavailableError } from './connector.ts';
import { checkedUrl, type EgressRules, guardedLookup } from './public-address.ts';
import { retryDelayMs } from './request-delay.ts';
import type { JsonAnswer, JsonRequest, SourceHttp } from './source-http.ts';

/** One page of a vendor's API is a few megabytes at most; a larger answer would fill the function's memory. */
const RESPONSE_BYTES_MAX = 16 * 1024 * 1024;
/** With full jitter up to 30 s, five retries outlast the usual rate limit of a minute. */
const ATTEMPTS_MAX = 6;
/** Vendors' slow pages take up to twenty seconds; a dead connection must not take the whole run. */
const ATTEMPT_MS_MAX = 30_000;
/** All attempts together, so that a run has time left for other pages. */
const REQUEST_MS_MAX = 180_000;
const CONNECT_MS_MAX = 5_000;
/** A moved path takes one redirect or two; more is a loop. */
const REDIRECTS_MAX = 3;

/** What may differ in tests; the rest of the time it is the machine's own. */
export interface Surroundings {
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

const REAL: Surroundings = {
  random: Math.random,
  nowMs: Date.now,
  wait: async (delayMs, signal) => void (await sleep(delayMs, undefined, { signal })),
};

/** An attempt without a usable answer, which another one may get. */
interface Failed {
  readonly retryAfter: string | undefined;
}

/** The one way out to systems of others over HTTP: see `SourceHttp`. */
export function guardedHttp(rules: EgressRules, surroundings = REAL): SourceHttp {
  const dispatcher = new Agent({
    connect: { lookup: guardedLookup(rules), timeout: CONNECT_MS_MAX },
    maxResponseSize: RESPONSE_BYTES_MAX,
  });
  return {
    async requestJson(wanted, signal) {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]);
      for (let attempt = 0; attempt < ATTEMPTS_MAX && !bounded.aborted; attempt += 1) {
        const outcome = await ask(wanted, rules, dispatcher, bounded);
        if ('status' in outcome) return outcome;
        if (attempt + 1 === ATTEMPTS_MAX) break;
        const delayMs = retryDelayMs(attempt, outcome.retryAfter, surroundings);
        // An abort ends the wait; the loop's condition then ends the request.
        await surroundings.wait(delayMs, bounded).catch(() => undefined);
      }
      throw new SourceUnavailableError(
        'The source gave no usable answer in its attempts and time.',
      );
    },
  };
}

async function ask(
  wanted: JsonRequest,
  rules: EgressRules,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<JsonAnswer | Failed> {
  let url = checkedUrl(wanted.url, rules);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const answer = await attemptOnce(url, wanted, dispatcher, signal);
    if (answer === undefined) return { retryAfter: undefined };
    const { status, headers, text } = answer;
    if (status >= 300 && status < 400) {
      url = redirectedUrl(url, headers.location, rules);
      continue;
    }
    const isRead = wanted.readStatuses?.includes(status) === true;
    if (isRead) return { status, headers, body: parsed(text)?.value };
    if (status === 408 || status === 429 || status >= 500) {
      return { retryAfter: headers['retry-after'] };
    }
    if (status >= 400) throw new SourceRefusedError(`The source answered ${status}.`);
    const body = parsed(text);
    return body === undefined ? { retryAfter: undefined } : { status, headers, body: body.value };
  }
  throw new SourceRefusedError(`The source redirected more than ${REDIRECTS_MAX} times.`);
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Nothing when the connection broke, took too long or brought too much. */
async function attemptOnce(
  url: URL,
  { method, headers, body }: JsonRequest,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<RawAnswer | undefined> {
  const isForm = body instanceof URLSearchParams;
  const contentType = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  try {
    const answer = await request(url, {
      method,
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS_MAX)]),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...headers,
      },
      body: body === undefined ? null : isForm ? body.toString() : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: singleHeaders(answer.headers), text };
  } catch (error) {
    if (error instanceof SourceRefusedError) throw error;
    return undefined;
  }
}

/** Credentials go with a redirect, so it leads to the same origin only. */
function redirectedUrl(from: URL, location: string | undefined, rules: EgressRules): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new SourceRefusedError('The source redirected to nowhere.');
  }
  const to = checkedUrl(new URL(location, from).href, rules);
  if (to.origin === from.origin) return to;
  throw new SourceRefusedError('The source redirected to another host: configure that one.');
}

function singleHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]),
  );
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
