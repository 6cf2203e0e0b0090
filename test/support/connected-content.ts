import { Liquid, type TagToken, type TopLevelToken } from 'liquidjs';

/** Braze gives up after this: https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/connected_content */
const WAIT_MS_MAX = 2_000;
const OPTION = /\s:(\w+)(?:\s+(\S+))?/g;

/**
 * A Liquid with Braze's `connected_content`, as Braze documents it: one fetch for an address, two seconds,
 * `__http_status_code__` beside a JSON object of a 2xx answer and nothing else. `asked` counts the fetches.
 */
export function brazeLiquid(passwords: Readonly<Record<string, string>>) {
  const engine = new Liquid();
  const cached = new Map<string, unknown>();
  const asked: string[] = [];
  engine.registerTag('connected_content', {
    parse(token: TagToken, _rest: TopLevelToken[]) {
      this.args = token.args;
    },
    async render(context) {
      const text = String(await engine.parseAndRender(this.args, context.getAll()));
      const [url = ''] = text.trim().split(/\s/);
      const options = new Map([...text.matchAll(OPTION)].map(([, name, value]) => [name, value]));
      if (!cached.has(url)) {
        asked.push(url);
        cached.set(url, await answerOf(url, passwords[options.get('basic_auth') ?? '']));
      }
      (context.environments as Record<string, unknown>)[options.get('save') ?? 'connected'] =
        cached.get(url);
      return '';
    },
  });
  return {
    asked,
    render: (template: string, scope: object): Promise<string> =>
      engine.parseAndRender(template.replaceAll(/\$\{(\w+)\}/g, '$1'), { ...scope }),
  };
}

async function answerOf(url: string, user: string | undefined): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${user ?? ''}:`).toString('base64')}`;
  try {
    const signal = AbortSignal.timeout(WAIT_MS_MAX);
    const response = await fetch(url, { redirect: 'error', signal, headers: { authorization } });
    const value: unknown = await response.json();
    if (!response.ok || typeof value !== 'object' || value === null) return undefined;
    return { ...value, __http_status_code__: response.status };
  } catch {
    return undefined;
  }
}
