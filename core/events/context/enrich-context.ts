import { isJsonObject } from '../json-value.ts';
import { campaignIn } from './campaign.ts';
import { ReferrerReadings } from './referrer.ts';

/** What a user agent says of itself, each part in the form of Segment's context. */
export interface UserAgentReading {
  readonly isBot: boolean;
  readonly device?: Readonly<Record<string, string>>;
  readonly os?: Readonly<Record<string, string>>;
  readonly browser?: Readonly<Record<string, string>>;
}

export type ReadUserAgent = (userAgent: string) => UserAgentReading;

/** What a request of a customer's own browser says of that customer; a server's request says nothing. */
export interface Visitor {
  /** Read off a page that nobody looks at yet. */
  readonly isPrefetch: boolean;
  /** The network that the request came from; also in the context. */
  readonly network?: string;
  /** Standard fields of Segment's context, each taken where the call states none. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface ContextCircumstances {
  /** Absent for servers, webhooks, pulls and files. */
  readonly visitor?: Visitor;
  readonly readUserAgent?: ReadUserAgent;
  /** Readings of the calls' pages, kept while a batch is taken in. */
  readonly pages?: PageReadings;
}

/** What a page says of how its visitor came. */
interface PageReading {
  readonly campaign: Record<string, string> | undefined;
  readonly referrer: Record<string, string> | undefined;
}

/** Remembers what was read last: a browser's batch is about few pages of one visit. */
export class PageReadings {
  #search: unknown;
  #campaign: Record<string, string> | undefined;
  readonly #referrers = new ReferrerReadings();

  of(page: Readonly<Record<string, unknown>>): PageReading {
    const { search, url } = page;
    if (search !== this.#search) {
      this.#search = search;
      this.#campaign = campaignIn(search);
    }
    return { campaign: this.#campaign ?? campaignIn(url), referrer: this.#referrers.of(page) };
  }
}

/** Why an event is taken for a machine's. */
export const botMarks = ['user-agent', 'prefetch'] as const;
export type BotMark = (typeof botMarks)[number];

/**
 * A call's context with what can be inferred beside what the caller states, which always wins: nothing
 * stated is changed, but for `context.kindred`, which is Kindred's own. Undefined where there is
 * neither. docs/reference/context.md lists the fields.
 */
export function enrichedContext(
  stated: unknown,
  circumstances: ContextCircumstances,
): Record<string, unknown> | undefined {
  if (!isJsonObject(stated) && circumstances.visitor === undefined) return undefined;
  const own = isJsonObject(stated) ? stated : {};
  const inferred = inferredContext(own, circumstances);
  const context: Record<string, unknown> = {};
  for (const name in own) {
    // Null states nothing. An own `__proto__` was refused before.
    if (name !== 'kindred' && (own[name] !== null || inferred[name] === undefined)) {
      context[name] = own[name];
    }
  }
  for (const name in inferred) context[name] = inferred[name];
  return context;
}

/** What is inferred: fields that the context doesn't state, and `kindred`. */
export function inferredContext(
  stated: Readonly<Record<string, unknown>>,
  { visitor, readUserAgent, pages }: ContextCircumstances,
): Record<string, unknown> {
  const inferred: Record<string, unknown> = {};
  for (const name in visitor?.context) addAbsent(inferred, stated, name, visitor.context[name]);
  if (isJsonObject(stated.page)) {
    const { campaign, referrer } = (pages ?? new PageReadings()).of(stated.page);
    addAbsent(inferred, stated, 'campaign', campaign);
    addAbsent(inferred, stated, 'referrer', referrer);
  }
  const userAgent = stated.userAgent ?? inferred.userAgent;
  const reading = typeof userAgent === 'string' ? readUserAgent?.(userAgent) : undefined;
  if (reading !== undefined) {
    addAbsent(inferred, stated, 'device', reading.device);
    addAbsent(inferred, stated, 'os', reading.os);
  }
  const bot = botMarkOf(stated.kindred, reading, visitor);
  const browser = reading?.browser;
  if (bot !== undefined || browser !== undefined) {
    inferred.kindred = { ...(bot !== undefined && { bot }), ...(browser && { browser }) };
  }
  return inferred;
}

/** Whether an event's context says that a machine made it; the context as it came off the stream. */
export function isMadeByBot(context: unknown): boolean {
  return (
    isJsonObject(context) && isJsonObject(context.kindred) && context.kindred.bot !== undefined
  );
}

function addAbsent(
  inferred: Record<string, unknown>,
  stated: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): void {
  const isStated = stated[name] !== undefined && stated[name] !== null;
  if (value !== undefined && !isStated) inferred[name] = value;
}

/** A sender that says its event is a bot's is believed, so that a replayed event keeps its mark. */
function botMarkOf(
  stated: unknown,
  reading: UserAgentReading | undefined,
  visitor: Visitor | undefined,
): BotMark | undefined {
  if (reading?.isBot === true) return 'user-agent';
  if (visitor?.isPrefetch === true) return 'prefetch';
  const said = isJsonObject(stated) ? stated.bot : undefined;
  return botMarks.find((mark) => mark === said);
}
