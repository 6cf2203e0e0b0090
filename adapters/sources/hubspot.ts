import * as z from 'zod';
import { messageIdOf } from '../../core/mapping/record-call.ts';
import { mapRecord } from '../../core/mapping/record-mapping.ts';
import { hubspotContactMapping, hubspotPropertiesOf } from '../../core/mapping/vendors/hubspot.ts';
import {
  type Connector,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
  SourceUnavailableError,
} from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import { secretOf } from './rest-auth.ts';
import { askPatiently, type Throttled } from './throttle.ts';
import { newestOf, pageHash, positionIn, sinceOf, textTimeMs } from './watermark.ts';

const propertyName = z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, {
  message: 'expected the internal name of a property, e.g. "favourite_colour"',
});

/** Contacts of a HubSpot account. Secret `token`: a private app's access token. */
export const hubspotConfig = z.strictObject({
  type: z.literal('hubspot'),
  /** Property that holds your own id of the customer; without it the address is who it is. */
  customerIdProperty: propertyName.optional(),
  /** Further properties, kept as traits of their own names. */
  properties: z.array(propertyName).max(100).default([]),
  /** Another address than HubSpot's own, for a proxy in between. */
  apiUrl: z.url().default('https://api.hubapi.com'),
});
export type HubspotConfig = z.infer<typeof hubspotConfig>;

/**
 * The search of contacts: at most 200 a page, 10,000 a query, one property to sort by.
 * Source: https://developers.hubspot.com/docs/api/crm/search
 */
const SEARCH_PATH = '/crm/v3/objects/contacts/search';
const PAGE_RECORDS_MAX = 200;
const QUERY_RECORDS_MAX = 10_000;

const position = z.strictObject({
  v: z.literal(1),
  /** Newest change of the runs that came to their end. */
  watermarkMs: z.number().nullable(),
  /** Newest change seen in the run under way. */
  newestMs: z.number().nullable(),
  /** From which change on the query under way reads; null: from the beginning. */
  sinceMs: z.number().nullable(),
  isUnderWay: z.boolean(),
  /** How far into the query. */
  after: z.string().nullable(),
  /** A moment at which more changed than one query gives: read by id instead. */
  momentMs: z.number().nullable(),
  momentId: z.string().nullable(),
  lastPage: z.string().nullable(),
});
type Position = z.infer<typeof position>;

const start: Position = {
  v: 1,
  watermarkMs: null,
  newestMs: null,
  sinceMs: null,
  isUnderWay: false,
  after: null,
  momentMs: null,
  momentId: null,
  lastPage: null,
};

const page = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.string().min(1),
      updatedAt: z.string().optional(),
      properties: z.looseObject({ lastmodifieddate: z.string().nullish() }),
    }),
  ),
  paging: z
    .looseObject({ next: z.looseObject({ after: z.string().min(1) }).optional() })
    .optional(),
});
type Page = z.infer<typeof page>;
type Contact = Page['results'][number];

export function createHubspotConnector(
  config: HubspotConfig,
  services: ConnectorServices,
): Connector {
  const mapping = hubspotContactMapping(config);
  const properties = hubspotPropertiesOf(config);
  return {
    async read(cursor, context): Promise<PulledPage> {
      const stored = positionIn(position, cursor, start);
      const at = stored.isUnderWay
        ? stored
        : { ...start, watermarkMs: stored.watermarkMs, isUnderWay: true };
      if (!stored.isUnderWay) at.sinceMs = sinceOf(stored.watermarkMs, context.overlapMs);
      const body = queryOf(at, properties, Math.min(context.recordsMax, PAGE_RECORDS_MAX));
      const { results, paging } = await search(config, body, services, context);
      const lastPage = pageHash(results, at.lastPage);
      const newestMs = newestOf(
        at.newestMs ?? at.watermarkMs,
        results.map(changedMs),
        services.nowMs(),
      );
      const next = nextPosition(at, results, paging?.next?.after);
      return {
        calls: results.map((contact) => ({
          ...mapRecord(mapping, contact),
          messageId: messageIdOf('hubspot contact', contact.id, [
            changedMs(contact) ?? null,
            // What is asked for is part of it: asked for more, a contact is told anew after a reset.
            properties,
            config.customerIdProperty ?? null,
          ]),
        })),
        recordCount: results.length,
        isEnd: next === undefined,
        next:
          next === undefined
            ? { ...start, watermarkMs: newestMs }
            : { ...next, newestMs, lastPage: isNewQuery(at, next) ? null : lastPage },
      };
    },
  };
}

/** A new query begins with records of the one before. */
function isNewQuery(at: Position, next: Position): boolean {
  return next.sinceMs !== at.sinceMs || next.momentMs !== at.momentMs;
}

function queryOf(at: Position, properties: readonly string[], limit: number): object {
  const filter = (propertyName: string, operator: string, value: string | number) => ({
    propertyName,
    operator,
    value: String(value),
  });
  const sortedBy = (propertyName: string) => [{ propertyName, direction: 'ASCENDING' }];
  if (at.momentMs !== null) {
    const filters = [
      filter('lastmodifieddate', 'GTE', at.momentMs),
      filter('lastmodifieddate', 'LTE', at.momentMs),
      filter('hs_object_id', 'GT', at.momentId ?? '0'),
    ];
    return { filterGroups: [{ filters }], sorts: sortedBy('hs_object_id'), properties, limit };
  }
  const filters = at.sinceMs === null ? [] : [filter('lastmodifieddate', 'GTE', at.sinceMs)];
  return {
    filterGroups: filters.length === 0 ? [] : [{ filters }],
    sorts: sortedBy('lastmodifieddate'),
    properties,
    limit,
    ...(at.after === null ? {} : { after: at.after }),
  };
}

/** Where the page after this one is; undefined at the end of the run. */
function nextPosition(
  at: Position,
  results: readonly Contact[],
  after: string | undefined,
): Position | undefined {
  const last = results.at(-1);
  if (at.momentMs !== null) {
    if (after !== undefined && last !== undefined && last.id !== at.momentId) {
      return { ...at, momentId: last.id };
    }
    return { ...at, sinceMs: at.momentMs + 1, momentMs: null, momentId: null };
  }
  if (after === undefined || last === undefined) return undefined;
  if (after === at.after) throw new SourceRefusedError('The cursor does not advance.');
  if (Number(after) + PAGE_RECORDS_MAX <= QUERY_RECORDS_MAX) return { ...at, after };
  const lastMs = changedMs(last);
  if (lastMs === undefined) throw new SourceRefusedError('A contact has no lastmodifieddate.');
  if (at.sinceMs === null || lastMs > at.sinceMs) return { ...at, sinceMs: lastMs, after: null };
  return { ...at, after: null, momentMs: lastMs, momentId: '0' };
}

function changedMs({ properties, updatedAt }: Contact): number | undefined {
  return textTimeMs(properties.lastmodifieddate ?? updatedAt);
}

/**
 * Which limit was reached. Source: https://developers.hubspot.com/docs/api/usage-details
 */
const rateLimit = z.looseObject({ policyName: z.string() });
const WAIT_MS_BY_POLICY: ReadonlyMap<string, number> = new Map([
  ['SECONDLY', 1_000],
  ['TEN_SECONDLY_ROLLING', 10_000],
]);
const WAIT_MS_DEFAULT = 10_000;

async function search(
  { apiUrl }: HubspotConfig,
  body: object,
  services: ConnectorServices,
  context: ReadContext,
): Promise<Page> {
  const url = `${apiUrl.replace(/\/$/, '')}${SEARCH_PATH}`;
  const headers = { authorization: `Bearer ${secretOf(services.secrets, 'token')}` };
  const ask = async (): Promise<Page | Throttled> => {
    const request = { method: 'POST', url, headers, body, readStatuses: [429] } as const;
    const answer = await services.http.requestJson(request, context.signal);
    if (answer.status === 429) return throttled(answer.body, answer.headers['retry-after']);
    const parsed = page.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    throw new SourceRefusedError('The answer is none of the search of contacts.');
  };
  return askPatiently(ask, services, context);
}

function throttled(body: unknown, retryAfter: string | undefined): Throttled {
  const policy = rateLimit.safeParse(body).data?.policyName ?? '';
  if (policy === 'DAILY') {
    throw new SourceUnavailableError('HubSpot’s daily limit is reached: the next run goes on.');
  }
  const askedMs = Number(retryAfter) * 1000;
  const policyMs = WAIT_MS_BY_POLICY.get(policy) ?? WAIT_MS_DEFAULT;
  return { throttledMs: askedMs > 0 ? askedMs : policyMs };
}
