import * as z from 'zod';

/** Braze keeps an answer this long unless the tag says otherwise, and no shorter. */
const KEPT_S_MIN = 300;
const KEPT_S_MAX = 4 * 3_600;

export interface TagOptions {
  readonly saveAs: string;
  readonly basicAuth: string | undefined;
  readonly headers: Record<string, string>;
  readonly retries: boolean;
  /** 0 where nothing is kept. */
  readonly keptS: number;
}

const OPTION = /^:(\w+)(?:\s+(\{[^}]*\}|[^\s:]\S*))?\s*/;
const headerValues = z.record(z.string(), z.string());

/** The words after a tag's address. An option that isn't documented, or isn't known here, is refused by name. */
export function tagOptions(words: string): TagOptions {
  const given = new Map<string, string>();
  for (let rest = words.trim(); rest !== ''; ) {
    const [all, name, value = ''] = OPTION.exec(rest) ?? [];
    if (all === undefined || name === undefined) throw new Error(`no option: ${rest}`);
    given.set(name, value);
    rest = rest.slice(all.length);
  }
  const known = ['save', 'basic_auth', 'headers', 'retry', 'cache_max_age', 'no_cache'];
  for (const name of given.keys()) {
    if (!known.includes(name)) throw new Error(`connected_content knows no :${name} here`);
  }
  return {
    saveAs: given.get('save') ?? 'connected',
    basicAuth: given.get('basic_auth'),
    headers: headerValues.parse(JSON.parse(given.get('headers') ?? '{}')),
    retries: given.has('retry'),
    keptS: given.has('no_cache') ? 0 : keptS(given.get('cache_max_age')),
  };
}

function keptS(text: string | undefined): number {
  if (text === undefined) return KEPT_S_MIN;
  return Math.min(KEPT_S_MAX, Math.max(KEPT_S_MIN, z.coerce.number().int().parse(text)));
}
