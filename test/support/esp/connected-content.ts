import { type Context, Liquid, type TagToken, type TopLevelToken } from 'liquidjs';
import { tagOptions } from './connected-content-options.ts';

/**
 * Liquid with Braze's `connected_content`, as far as Braze documents the tag:
 *
 * - a GET of two seconds at most, without redirects; what can't be had is an empty text:
 *   https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/connected_content/making_an_api_call/
 * - JSON becomes the variable of `:save`, else `connected`, any other text stands in the tag's place; an object of a
 *   2xx answer has `__http_status_code__`:
 *   https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/connected_content/local_connected_content_variables/
 * - answers up to 1 MB are kept by address for five minutes, or `:cache_max_age` seconds from five minutes to four
 *   hours; `:no_cache` keeps none:
 *   https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/connected_content/caching_responses
 * - `:retry` tries five times, then the message is aborted:
 *   https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/connected_content/connected_content_retries
 *
 * Not documented, and decided here for the worse: a failure is not kept, so each tag asks again.
 */
const WAIT_MS_MAX = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const TRIES_MAX = 5;

export interface BrazeWorkspace {
  /** Basic credentials by their name: user and password. */
  readonly credentials?: Readonly<Record<string, { user: string; password: string }>>;
  readonly nowMs?: () => number;
}

interface Kept {
  readonly text: string;
  readonly status: number;
  readonly untilMs: number;
}

/** Renders messages of one workspace; `asked` are the addresses that were fetched, one by one. */
export function brazeLiquid({ credentials = {}, nowMs = () => 0 }: BrazeWorkspace = {}) {
  const engine = new Liquid();
  const kept = new Map<string, Kept>();
  const asked: string[] = [];

  async function answerOf(url: string, options: ReturnType<typeof tagOptions>) {
    const known = kept.get(url);
    if (options.keptS > 0 && known !== undefined && known.untilMs > nowMs()) return known;
    for (let tries = 0; tries < (options.retries ? TRIES_MAX : 1); tries += 1) {
      asked.push(url);
      const answer = await fetched(url, headersOf(options, credentials));
      if (answer === undefined) continue;
      const untilMs = nowMs() + options.keptS * 1000;
      if (Buffer.byteLength(answer.text) <= ANSWER_BYTES_MAX) kept.set(url, { ...answer, untilMs });
      return answer;
    }
    if (options.retries)
      throw new Error(`the message is aborted: ${url} failed ${TRIES_MAX} times`);
    return undefined;
  }

  engine.registerTag('connected_content', {
    parse(token: TagToken, _rest: TopLevelToken[]) {
      this.args = token.args;
    },
    async render(context: Context) {
      const [, url = '', words = ''] =
        /^(\S+)\s*([\s\S]*)$/.exec(
          String(await engine.parseAndRender(this.args, context.getAll())).trim(),
        ) ?? [];
      const options = tagOptions(words);
      const answer = await answerOf(url, options);
      const value = answer === undefined ? undefined : jsonOf(answer.text);
      Object.assign(context.environments, { [options.saveAs]: savedOf(value, answer?.status) });
      return value === undefined ? (answer?.text ?? '') : '';
    },
  });
  return {
    asked,
    /** `${…}` is how Braze writes its own attributes. */
    render: (template: string, scope: object): Promise<string> =>
      engine.parseAndRender(template.replaceAll(/\$\{(\w+)\}/g, '$1'), { ...scope }),
  };
}

function headersOf(
  { basicAuth, headers }: ReturnType<typeof tagOptions>,
  credentials: NonNullable<BrazeWorkspace['credentials']>,
): Record<string, string> {
  if (basicAuth === undefined) return headers;
  const credential = credentials[basicAuth];
  if (credential === undefined) throw new Error(`the workspace has no credential ${basicAuth}`);
  const { user, password } = credential;
  const encoded = Buffer.from(`${user}:${password}`).toString('base64');
  return { ...headers, authorization: `Basic ${encoded}` };
}

/** The body of a 2xx answer; nothing of any other, and of none. */
async function fetched(
  url: string,
  headers: Record<string, string>,
): Promise<{ text: string; status: number } | undefined> {
  try {
    const signal = AbortSignal.timeout(WAIT_MS_MAX);
    const response = await fetch(url, { redirect: 'error', signal, headers });
    const text = await response.text();
    return response.ok ? { text, status: response.status } : undefined;
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function savedOf(value: unknown, status: number | undefined): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { ...value, __http_status_code__: status } : value;
}
