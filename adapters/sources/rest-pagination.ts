import * as z from 'zod';
import { valueAtPath } from '../../core/mapping/record-mapping.ts';
import { SourceRefusedError } from './connector.ts';
import type { JsonAnswer } from './source-http.ts';

/** How an API says where its next page is. */
export const restPagination = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Link: <…>; rel="next"` (RFC 8288). */
  z.strictObject({ kind: z.literal('link') }),
  /** A token in the answer, given back in the query. */
  z.strictObject({
    kind: z.literal('cursor'),
    path: z.string().min(1),
    parameter: z.string().min(1),
  }),
  /** Numbered pages; an empty one is the end. */
  z.strictObject({
    kind: z.literal('page'),
    parameter: z.string().min(1),
    first: z.int().min(0).default(1),
  }),
  /** So many records on; an empty page is the end. */
  z.strictObject({ kind: z.literal('offset'), parameter: z.string().min(1) }),
]);
export type RestPagination = z.infer<typeof restPagination>;

/** The address of the page that `at` names; of the first where it is null. */
export function firstPage(pagination: RestPagination, url: string, at: string | null): URL {
  if (pagination.kind === 'link') return new URL(at ?? url);
  const page = new URL(url);
  if (pagination.kind === 'page')
    page.searchParams.set(pagination.parameter, at ?? `${pagination.first}`);
  if (pagination.kind === 'offset') page.searchParams.set(pagination.parameter, at ?? '0');
  if (pagination.kind === 'cursor' && at !== null) page.searchParams.set(pagination.parameter, at);
  return page;
}

export interface ReadPage {
  readonly url: string;
  readonly answer: JsonAnswer;
  readonly recordCount: number;
  readonly at: string | null;
}

/**
 * Where the page after this one is; undefined at the end.
 * @throws SourceRefusedError where it leads to another host, or nowhere new.
 */
export function nextPage(pagination: RestPagination, page: ReadPage): string | undefined {
  const { recordCount, answer, at } = page;
  switch (pagination.kind) {
    case 'none':
      return undefined;
    case 'link':
      return linkedPage(page);
    case 'cursor': {
      const token = valueAtPath(answer.body, pagination.path);
      if (token === undefined || token === null || token === '' || token === false)
        return undefined;
      if (String(token) === at) throw new SourceRefusedError('The cursor does not advance.');
      return String(token);
    }
    case 'page':
      return recordCount === 0 ? undefined : String(Number(at ?? pagination.first) + 1);
    case 'offset':
      return recordCount === 0 ? undefined : String(Number(at ?? 0) + recordCount);
  }
}

const NEXT_LINK = /<([^<>]*)>\s*;[^,<]*\brel="?(?:[^",;]*\s)?next(?:\s[^",;]*)?"?/i;

/** Credentials go with the request, so the link stays on the same origin. */
function linkedPage({ url, answer }: ReadPage): string | undefined {
  const target = NEXT_LINK.exec(answer.headers.link ?? '')?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, url))
    throw new SourceRefusedError('The link to the next page is none.');
  const next = new URL(target, url);
  if (next.origin !== new URL(url).origin) {
    throw new SourceRefusedError('The link to the next page leads to another host.');
  }
  if (next.href === url)
    throw new SourceRefusedError('The link to the next page does not advance.');
  return next.href;
}
