import { isJsonObject } from '../json-value.ts';
import { campaignOf } from './campaign.ts';
import { referrerOf } from './referrer.ts';

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

/** Remembers the last page: a browser's batch is mostly about one. */
export class PageReadings {
  #search: unknown;
  #url: unknown;
  #referrer: unknown;
  #reading: PageReading | undefined;

  of(page: Readonly<Record<string, unknown>>): PageReading {
    const { search, url, referrer } = page;
    const isLast = search === this.#search && url === this.#url && referrer === this.#referrer;
    if (this.#reading !== undefined && isLast) return this.#reading;
    this.#search = search;
    this.#url = url;
    this.#referrer = referrer;
    this.#reading = { campaign: campaignOf(page), referrer: referrerOf(page) };
    return this.#reading;
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
  { visitor, readUserAgent, pages }: ContextCircumstances,
): Record<string, unknown> | undefined {
  if (!isJsonObject(stated) && visitor === undefined) return undefined;
  const context: Record<string, unknown> = { ...visitor?.context };
  if (isJsonObject(stated)) {
    for (const name in stated) {
      // Null states nothing. An own `__proto__` was refused before.
      if (stated[name] !== null || context[name] === undefined) context[name] = stated[name];
    }
  }
  if (isJsonObject(context.page)) addPage(context, (pages ?? new PageReadings()).of(context.page));
  const { userAgent } = context;
  const reading = typeof userAgent === 'string' ? readUserAgent?.(userAgent) : undefined;
  if (reading !== undefined) {
    addAbsent(context, 'device', reading.device);
    addAbsent(context, 'os', reading.os);
  }
  const bot = botMarkOf(context.kindred, reading, visitor);
  if (context.kindred !== undefined) delete context.kindred;
  if (bot !== undefined || reading?.browser !== undefined) {
    context.kindred = {
      ...(bot !== undefined && { bot }),
      ...(reading?.browser !== undefined && { browser: reading.browser }),
    };
  }
  return context;
}

/** Whether an event's context says that a machine made it; the context as it came off the stream. */
export function isMadeByBot(context: unknown): boolean {
  return (
    isJsonObject(context) && isJsonObject(context.kindred) && context.kindred.bot !== undefined
  );
}

function addPage(context: Record<string, unknown>, { campaign, referrer }: PageReading): void {
  addAbsent(context, 'campaign', campaign);
  addAbsent(context, 'referrer', referrer);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function addAbsent(context: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined && isAbsent(context[name])) context[name] = value;
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
