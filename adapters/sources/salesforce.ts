import * as z from 'zod';
import { messageIdOf } from '../../core/mapping/record-call.ts';
import { mapRecord } from '../../core/mapping/record-mapping.ts';
import {
  salesforceContactMapping,
  salesforceFieldsOf,
} from '../../core/mapping/vendors/salesforce.ts';
import {
  type Connector,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
  SourceUnavailableError,
} from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import { createRestAuth, type RestAuthentication } from './rest-auth.ts';
import { soqlText, soqlTime } from './soql.ts';
import type { JsonAnswer } from './source-http.ts';
import { newestOf, pageHash, positionIn, sinceOf, textTimeMs } from './watermark.ts';

/** An API name: nothing else can get into a query's list of fields. */
const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, {
  message: 'expected the API name of a field, e.g. "Shop_Id__c"',
});

/** Contacts of a Salesforce org. Secrets `clientId` and `clientSecret`: of an app with client credentials. */
export const salesforceConfig = z.strictObject({
  type: z.literal('salesforce'),
  /** The org's own domain, e.g. `acme.my.salesforce.com`; tokens are given there alone. */
  domain: z.string().regex(/^[a-z0-9][a-z0-9.-]*\.(salesforce\.com|cloudforce\.com|force\.com)$/, {
    message: 'expected your My Domain, e.g. "acme.my.salesforce.com"',
  }),
  apiVersion: z
    .string()
    .regex(/^v\d{2}\.0$/)
    .default('v62.0'),
  /** Field that holds your own id of the customer; without it the address is who it is. */
  customerIdField: fieldName.optional(),
  /** Further fields, kept as traits of their own names. */
  fields: z.array(fieldName).max(100).default([]),
  /** Another address than the domain's, for a proxy in between. */
  apiUrl: z.url().optional(),
});
export type SalesforceConfig = z.infer<typeof salesforceConfig>;

/**
 * Records of one batch. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
 */
const BATCH_RECORDS_MIN = 200;
const BATCH_RECORDS_MAX = 2_000;

const position = z.strictObject({
  v: z.literal(1),
  /** Newest change of the runs that came to their end. */
  watermarkMs: z.number().nullable(),
  /** Newest change seen in the run under way. */
  newestMs: z.number().nullable(),
  /** Last record of the run under way: where it goes on when the vendor has forgotten the query. */
  lastMs: z.number().nullable(),
  lastId: z.string().nullable(),
  /** The next batch of the query under way; null between runs. */
  nextRecordsUrl: z.string().nullable(),
  lastPage: z.string().nullable(),
});
type Position = z.infer<typeof position>;

const start: Position = {
  v: 1,
  watermarkMs: null,
  newestMs: null,
  lastMs: null,
  lastId: null,
  nextRecordsUrl: null,
  lastPage: null,
};

/**
 * Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_query.htm
 */
const batch = z.looseObject({
  done: z.boolean(),
  nextRecordsUrl: z
    .string()
    .regex(/^\/services\/data\/v\d+\.\d\/query\/[A-Za-z0-9-]+$/)
    .optional(),
  records: z.array(z.looseObject({ Id: z.string().min(1), SystemModstamp: z.string() })),
});
type Batch = z.infer<typeof batch>;

/** Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
const failures = z.array(z.looseObject({ errorCode: z.string() }));

export function createSalesforceConnector(
  config: SalesforceConfig,
  services: ConnectorServices,
): Connector {
  const origin = (config.apiUrl ?? `https://${config.domain}`).replace(/\/$/, '');
  const tokenUrl = `${origin}/services/oauth2/token`;
  const auth = createRestAuth({ kind: 'oauth2', tokenUrl }, services);
  const mapping = salesforceContactMapping(config);
  const fields = salesforceFieldsOf(config);

  const readBatch = async (at: Position, context: ReadContext): Promise<Batch> => {
    if (at.nextRecordsUrl !== null) {
      const known = await ask(auth, `${origin}${at.nextRecordsUrl}`, context);
      // Queries are kept for two days, and only so many: begin behind the last record instead.
      if (known !== 'forgotten') return known;
    }
    const url = new URL(`${origin}/services/data/${config.apiVersion}/query`);
    url.searchParams.set('q', queryOf(fields, at, context.overlapMs));
    const found = await ask(auth, url.href, context);
    if (found === 'forgotten') throw new SourceRefusedError('Salesforce refused the query.');
    return found;
  };

  return {
    async read(cursor, context): Promise<PulledPage> {
      const at = positionIn(position, cursor, start);
      const { done, nextRecordsUrl, records } = await readBatch(at, context);
      const lastPage = pageHash(records, at.lastPage);
      const times = records.map(({ SystemModstamp }) => textTimeMs(SystemModstamp));
      const newestMs = newestOf(at.newestMs ?? at.watermarkMs, times, services.nowMs());
      if (!done && (nextRecordsUrl === undefined || nextRecordsUrl === at.nextRecordsUrl)) {
        throw new SourceRefusedError('The cursor to the next batch does not advance.');
      }
      const last = records.at(-1);
      return {
        calls: records.map((record) => ({
          ...mapRecord(mapping, record),
          messageId: messageIdOf('salesforce contact', record.Id, [
            record.SystemModstamp,
            // What is asked for is part of it: asked for more, a contact is told anew after a reset.
            fields,
            config.customerIdField ?? null,
          ]),
        })),
        recordCount: records.length,
        isEnd: done,
        next: done
          ? { ...start, watermarkMs: newestMs }
          : {
              ...at,
              newestMs,
              lastMs: times.at(-1) ?? at.lastMs,
              lastId: last?.Id ?? at.lastId,
              nextRecordsUrl: nextRecordsUrl ?? null,
              lastPage,
            },
      };
    },
  };
}

/** `Id` breaks the tie of records that changed at one moment. */
function queryOf(fields: readonly string[], at: Position, overlapMs: number): string {
  const order = 'ORDER BY SystemModstamp ASC, Id ASC';
  const select = `SELECT ${fields.join(', ')} FROM Contact`;
  if (at.lastMs !== null && at.lastId !== null) {
    const time = soqlTime(at.lastMs);
    const id = soqlText(at.lastId);
    return `${select} WHERE SystemModstamp > ${time} OR (SystemModstamp = ${time} AND Id > ${id}) ${order}`;
  }
  const sinceMs = sinceOf(at.watermarkMs, overlapMs);
  if (sinceMs === null) return `${select} ${order}`;
  return `${select} WHERE SystemModstamp >= ${soqlTime(sinceMs)} ${order}`;
}

async function ask(
  auth: RestAuthentication,
  url: string,
  context: ReadContext,
): Promise<Batch | 'forgotten'> {
  const batchSize = Math.min(Math.max(context.recordsMax, BATCH_RECORDS_MIN), BATCH_RECORDS_MAX);
  const headers = { 'sforce-query-options': `batchSize=${batchSize}` };
  // A 401 (INVALID_SESSION_ID) gets a new token once: see rest-auth.ts.
  const request = { method: 'GET', url, headers, readStatuses: [400, 403] } as const;
  const answer = await auth.request(request, context);
  if (answer.status === 400 || answer.status === 403) return refusal(answer);
  const parsed = batch.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new SourceRefusedError('The answer is none of a query.');
}

function refusal({ status, body }: JsonAnswer): 'forgotten' {
  const codes = failures.safeParse(body).data?.map(({ errorCode }) => errorCode) ?? [];
  if (codes.includes('INVALID_QUERY_LOCATOR')) return 'forgotten';
  if (codes.includes('REQUEST_LIMIT_EXCEEDED')) {
    throw new SourceUnavailableError('Salesforce’s limit of requests is reached: it is a day’s.');
  }
  const code = codes.find((each) => /^[A-Z_]{1,60}$/u.test(each)) ?? 'no code';
  throw new SourceRefusedError(
    `Salesforce answered ${status} (${code}): check the fields and the permissions of the app’s user.`,
  );
}
