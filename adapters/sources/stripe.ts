import * as z from 'zod';
import { messageIdOf } from '../../core/mapping/record-call.ts';
import { mapRecord, type RecordMapping } from '../../core/mapping/record-mapping.ts';
import { stripeCustomerMapping } from '../../core/mapping/vendors/stripe.ts';
import {
  type Connector,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
} from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import { secretOf } from './rest-auth.ts';
import { newestOf, pageHash, positionIn } from './watermark.ts';

/** Customers of a Stripe account. Secret `apiKey`: a restricted key that reads customers and events. */
export const stripeConfig = z.strictObject({
  type: z.literal('stripe'),
  /** Key of a customer's metadata that holds your own id; without it the address is who it is. */
  customerIdMetadata: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, { message: 'expected a key of metadata, e.g. "user_id"' })
    .optional(),
  /** Another address than Stripe's own, for a proxy in between. */
  apiUrl: z.url().default('https://api.stripe.com'),
});
export type StripeConfig = z.infer<typeof stripeConfig>;

/** Source: https://docs.stripe.com/api/pagination */
const PAGE_RECORDS_MAX = 100;
/**
 * Events go back 30 days; a position older than this is no longer trusted to them.
 * Source: https://docs.stripe.com/api/events/list
 */
const EVENTS_MS_MAX = 25 * 86_400_000;
const EVENT_TYPES = ['customer.created', 'customer.updated'] as const;

const position = z.strictObject({
  v: z.literal(1),
  /** Time of the newest event of the runs that came to their end, in Stripe's seconds. */
  watermarkS: z.number().nullable(),
  /** Stripe's own time when the last run that came to its end began: how far back events must reach. */
  readAtS: z.number().nullable(),
  /** The same of the run under way. */
  beganS: z.number().nullable(),
  /** What the run under way reads; null between runs. */
  reading: z.enum(['customers', 'events']).nullable(),
  /** The newest event when the run under way began: where the next one goes on. */
  newestS: z.number().nullable(),
  /** From which event on the run under way reads. */
  sinceS: z.number().nullable(),
  /** Id of the last record of the page before. */
  startingAfter: z.string().nullable(),
  lastPage: z.string().nullable(),
});
type Position = z.infer<typeof position>;

const start: Position = {
  v: 1,
  watermarkS: null,
  readAtS: null,
  beganS: null,
  reading: null,
  newestS: null,
  sinceS: null,
  startingAfter: null,
  lastPage: null,
};

const customer = z.looseObject({ id: z.string().min(1), created: z.number() });
type Customer = z.infer<typeof customer>;
const event = z.looseObject({
  id: z.string().min(1),
  created: z.number(),
  data: z.looseObject({ object: customer }),
});
const customerList = z.looseObject({ data: z.array(customer), has_more: z.boolean() });
const eventList = z.looseObject({ data: z.array(event), has_more: z.boolean() });

/** Newest first, both lists: a page's end is known by the id of its last record. */
export function createStripeConnector(
  config: StripeConfig,
  services: ConnectorServices,
): Connector {
  const mapping = stripeCustomerMapping(config);
  const api = new StripeApi(config, services);
  return {
    async read(cursor, context): Promise<PulledPage> {
      const stored = positionIn(position, cursor, start);
      const at = stored.reading === null ? await begin(stored, api, context) : stored;
      return at.reading === 'customers'
        ? readCustomers(at, api, mapping, context)
        : readEvents(at, api, mapping, context);
    },
  };
}

/**
 * Changes come by events as long as events reach back to where the last run ended; else all customers are
 * listed. Where the next run goes on is settled before either is read, so nothing falls in between.
 */
async function begin(stored: Position, api: StripeApi, context: ReadContext): Promise<Position> {
  const { body, vendorMs } = await api.get('/v1/events', eventList, [['limit', '1']], context);
  const eventsMs = body.data.map(({ created }) => created * 1000);
  const newestMs = newestOf(null, eventsMs, api.nowMs());
  const newestS = newestMs === null ? null : newestMs / 1000;
  const { watermarkS, readAtS } = stored;
  // The earlier of both clocks counts as the time of reading, the later one as now: a list too many
  // costs requests, one too few loses changes.
  const beganS = Math.floor(Math.min(vendorMs ?? 0, api.nowMs()) / 1000);
  const begun = { ...stored, beganS };
  const ageMs = Math.max(vendorMs ?? 0, api.nowMs()) - (readAtS ?? 0) * 1000;
  if (watermarkS === null || ageMs > EVENTS_MS_MAX) {
    return { ...begun, reading: 'customers', newestS };
  }
  const sinceS = Math.max(0, watermarkS - Math.ceil(context.overlapMs / 1000));
  const knownS = newestS === null ? watermarkS : Math.max(newestS, watermarkS);
  return { ...begun, reading: 'events', newestS: knownS, sinceS };
}

async function readCustomers(
  at: Position,
  api: StripeApi,
  mapping: RecordMapping,
  context: ReadContext,
): Promise<PulledPage> {
  const { body } = await api.get('/v1/customers', customerList, pageOf(at, context), context);
  // The list's beginning is part of the version: what changed, and back again, is told anew by a later list.
  const calls = body.data.map((found) =>
    callOf(mapping, found, Math.max(found.created, at.newestS ?? 0), ['listed', at.newestS, found]),
  );
  return pageAfter(at, body, calls);
}

async function readEvents(
  at: Position,
  api: StripeApi,
  mapping: RecordMapping,
  context: ReadContext,
): Promise<PulledPage> {
  const query: Query = [
    ...EVENT_TYPES.map((type): [string, string] => ['types[]', type]),
    ['created[gte]', String(at.sinceS ?? 0)],
    ...pageOf(at, context),
  ];
  const { body } = await api.get('/v1/events', eventList, query, context);
  const calls = body.data.map(({ id, created, data }) =>
    callOf(mapping, data.object, created, ['event', id]),
  );
  return pageAfter(at, body, calls);
}

function callOf(
  mapping: RecordMapping,
  found: Customer,
  statedAtS: number,
  version: readonly unknown[],
): Record<string, unknown> {
  return {
    ...mapRecord(mapping, { ...found, statedAt: statedAtS }),
    // Where its id is taken from is part of it: changed, a customer is told anew after a reset.
    messageId: messageIdOf('stripe customer', found.id, [...version, mapping.fields[0]]),
  };
}

function pageAfter(
  at: Position,
  { data, has_more: hasMore }: { data: readonly { id: string }[]; has_more: boolean },
  calls: readonly unknown[],
): PulledPage {
  const lastPage = pageHash(data, at.lastPage);
  const startingAfter = data.at(-1)?.id ?? null;
  if (hasMore && (startingAfter === null || startingAfter === at.startingAfter)) {
    throw new SourceRefusedError('The cursor to the next page does not advance.');
  }
  return {
    calls,
    recordCount: data.length,
    isEnd: !hasMore,
    next: hasMore
      ? { ...at, startingAfter, lastPage }
      : // An account without a single event: all that will come is newer than 0.
        { ...start, watermarkS: at.newestS ?? at.watermarkS ?? 0, readAtS: at.beganS },
  };
}

type Query = readonly (readonly [string, string])[];

function pageOf({ startingAfter }: Position, { recordsMax }: ReadContext): Query {
  const limit = Math.min(recordsMax, PAGE_RECORDS_MAX);
  return [
    ['limit', String(limit)],
    ...(startingAfter === null ? [] : [['starting_after', startingAfter] as const]),
  ];
}

class StripeApi {
  readonly #config: StripeConfig;
  readonly #services: ConnectorServices;

  constructor(config: StripeConfig, services: ConnectorServices) {
    this.#config = config;
    this.#services = services;
  }

  nowMs(): number {
    return this.#services.nowMs();
  }

  /** The answer, and what the vendor's own clock said. */
  async get<T>(
    path: string,
    schema: z.ZodType<T>,
    query: Query,
    context: ReadContext,
  ): Promise<{ readonly body: T; readonly vendorMs: number | undefined }> {
    const url = new URL(`${this.#config.apiUrl.replace(/\/$/, '')}${path}`);
    for (const [name, value] of query) url.searchParams.append(name, value);
    const headers = { authorization: `Bearer ${secretOf(this.#services.secrets, 'apiKey')}` };
    const request = { method: 'GET', url: url.href, headers } as const;
    const answer = await this.#services.http.requestJson(request, context.signal);
    const parsed = schema.safeParse(answer.body);
    if (!parsed.success) throw new SourceRefusedError(`The answer of ${path} is none of Stripe's.`);
    const vendorMs = Date.parse(answer.headers.date ?? '');
    return { body: parsed.data, vendorMs: Number.isNaN(vendorMs) ? undefined : vendorMs };
  }
}
