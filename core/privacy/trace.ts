/**
 * Finds what is of one person in what is stored, whatever form it has: a line of the lake, a refused call, a
 * record that nobody could read. Each form has a judge; a judge takes the text and says what is left of it.
 */
import type { CollectedEvent, Identity } from '../events/event.ts';
import { isJsonObject } from '../events/json-value.ts';
import { readStoredEvent } from '../events/upcast.ts';
import { type ErasedIdentity, isOfThePast } from '../identity/erased-identity.ts';
import { type IdentityHasher, identityRef } from '../identity/identity-key.ts';
import { strongestFirst } from '../identity/profile-id.ts';
import { refsOfAddresses, refsOfCall } from './call-identities.ts';
import type { Person } from './person.ts';

/** What of a text is the person's, and what stays in its place. */
export type Judgement =
  | { readonly kind: 'unrelated' }
  /** All of it is the person's. */
  | { readonly kind: 'theirs'; readonly records: readonly unknown[] }
  /** A part of it is, or it names the person beside another customer: `left` is without. */
  | { readonly kind: 'partly'; readonly records: readonly unknown[]; readonly left: string };

export type Judge = (text: string, trace: Trace) => Judgement;

const UNRELATED: Judgement = { kind: 'unrelated' };

/** What the judges look for. */
export class Trace {
  readonly #refs: ReadonlySet<string>;
  readonly #hasher: IdentityHasher;
  readonly #horizon: Pick<ErasedIdentity, 'erasedAtMs' | 'isSuppressed'>;
  readonly #marks: RegExp;

  /** Without a horizon everything of the person is meant, whenever it happened. */
  constructor(
    { refs, profileIds }: Person,
    hasher: IdentityHasher,
    horizon: Pick<ErasedIdentity, 'erasedAtMs' | 'isSuppressed'> = everything,
  ) {
    this.#refs = new Set(refs);
    this.#hasher = hasher;
    this.#horizon = horizon;
    const keys = refs.map((ref) => ref.slice(ref.indexOf('#') + 1));
    const words = [...new Set([...keys, ...profileIds])];
    this.#marks = new RegExp(words.map((word) => word.replace(/[^\w-]/g, '\\$&')).join('|'));
  }

  hasRef(ref: string): boolean {
    return this.#refs.has(ref);
  }

  /** Whether a text holds any identity's key or profile's id: one native search for the most, which don't. */
  isIn(text: string): boolean {
    return this.#marks.test(text);
  }

  isNamedBy(call: unknown, text: string): boolean {
    if (this.isIn(text)) return true;
    for (const ref of refsOfCall(call, text, this.#hasher)) if (this.#refs.has(ref)) return true;
    return false;
  }

  hasAddressIn(text: string): boolean {
    return refsOfAddresses(text, this.#hasher).some((ref) => this.#refs.has(ref));
  }

  /** What happened after the erasure is a new relationship's. */
  isMeant(times: { readonly timestamp: string; readonly receivedAt: string }): boolean {
    return isOfThePast(this.#horizon, times);
  }
}

const everything = { erasedAtMs: Number.POSITIVE_INFINITY, isSuppressed: true };

/** A line of the lake. */
export function judgeEventLine(line: string, trace: Trace): Judgement {
  if (!trace.isIn(line)) return UNRELATED;
  const document = jsonOf(line);
  const event = readStoredEvent(document);
  // A broken line can be of no use to anybody else.
  if (!event.success || !isJsonObject(document)) return { kind: 'theirs', records: [line] };
  if (!trace.isMeant(event.data)) return UNRELATED;
  if (isOfPerson(event.data, trace)) return { kind: 'theirs', records: [document] };
  return { kind: 'partly', records: [], left: JSON.stringify(withoutPerson(document, trace)) };
}

/** An event belongs to its strongest identity's customer, as enrichment has it. */
export function isOfPerson({ identities }: CollectedEvent, trace: Trace): boolean {
  const [strongest = ''] = strongestFirst(identities);
  return trace.hasRef(strongest);
}

/** Another customer's event without the identities that are the person's: a device that both used. */
function withoutPerson(document: Record<string, unknown>, trace: Trace): Record<string, unknown> {
  const identities = identitiesIn(document.identities);
  const left = identities.filter((identity) => !trace.hasRef(identityRef(identity)));
  const lost = new Set(identities.filter((each) => !left.includes(each)).map(({ kind }) => kind));
  const { formerIdentity, anonymousId, previousId, ...rest } = document;
  const [former] = identitiesIn([formerIdentity]);
  const isFormer = former !== undefined && trace.hasRef(identityRef(former));
  return {
    ...rest,
    identities: left,
    ...(formerIdentity !== undefined && !isFormer && { formerIdentity }),
    ...(anonymousId !== undefined && !lost.has('anonymousId') && { anonymousId }),
    ...(previousId !== undefined && !isFormer && !lost.has('anonymousId') && { previousId }),
  };
}

function identitiesIn(value: unknown): Identity[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (each): each is Identity => isJsonObject(each) && typeof each.key === 'string',
  );
}

/** A record that Firehose could not deliver: `rawData` is the event's line in base64. */
export function judgeUndelivered(line: string, trace: Trace): Judgement {
  const document = jsonOf(line);
  const raw = isJsonObject(document) ? document.rawData : undefined;
  const text = typeof raw === 'string' ? Buffer.from(raw, 'base64').toString('utf8') : line;
  const isTheirs = trace.isNamedBy(jsonOf(text), text);
  return isTheirs ? { kind: 'theirs', records: [jsonOf(text) ?? text] } : UNRELATED;
}

/** A call in quarantine; it goes as a whole, whoever else it names: nothing was made of it. */
export function judgeRefusedCall(text: string, trace: Trace): Judgement {
  const document = jsonOf(text);
  if (!isJsonObject(document))
    return trace.isIn(text) ? { kind: 'theirs', records: [text] } : UNRELATED;
  if (!trace.isNamedBy(document.event, text)) return UNRELATED;
  const { receivedAt } = document;
  const isDated = typeof receivedAt === 'string';
  if (isDated && !trace.isMeant({ timestamp: receivedAt, receivedAt })) return UNRELATED;
  return { kind: 'theirs', records: [document] };
}

/** A record of the stream that is no event: base64 of whatever it was. */
export function judgePoison(text: string, trace: Trace): Judgement {
  const document = jsonOf(text);
  const data = isJsonObject(document) ? document.data : undefined;
  const said = typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : '';
  const isTheirs = trace.isIn(text) || trace.isNamedBy(jsonOf(said), said);
  return isTheirs ? { kind: 'theirs', records: [document ?? text] } : UNRELATED;
}

/** Identities that were set aside of this person, or of another who named one of this person's. */
export function judgeRefusedIdentities(text: string, trace: Trace): Judgement {
  return trace.isIn(text) ? { kind: 'theirs', records: [jsonOf(text) ?? text] } : UNRELATED;
}

/** A batch that Lambda gave up on: the invocation's payload, in it the records of many customers. */
export function judgeAbandonedBatch(text: string, trace: Trace): Judgement {
  const document = jsonOf(text);
  if (!isJsonObject(document)) return UNRELATED;
  const { payload } = document;
  const event = typeof payload === 'string' ? jsonOf(payload) : payload;
  if (!isJsonObject(event) || !Array.isArray(event.Records)) {
    return trace.isIn(text) ? { kind: 'theirs', records: [document] } : UNRELATED;
  }
  const theirs: unknown[] = [];
  const left = event.Records.filter((record: unknown) => {
    const line = lineOfRecord(record);
    const judged = line === undefined ? UNRELATED : judgeEventLine(line, trace);
    if (judged.kind === 'unrelated') return true;
    theirs.push(line === undefined ? record : (jsonOf(line) ?? line));
    return false;
  });
  if (theirs.length === 0) return UNRELATED;
  if (left.length === 0) return { kind: 'theirs', records: theirs };
  const rest = { ...event, Records: left };
  const payloadLeft = typeof payload === 'string' ? JSON.stringify(rest) : rest;
  return {
    kind: 'partly',
    records: theirs,
    left: JSON.stringify({ ...document, payload: payloadLeft }),
  };
}

/** A line of an import under way: a call, and how many rows it stands for. */
export function judgeImportedCall(line: string, trace: Trace): Judgement {
  const document = jsonOf(line);
  const call = isJsonObject(document) ? document.call : undefined;
  return trace.isNamedBy(call, line) ? { kind: 'theirs', records: [document ?? line] } : UNRELATED;
}

/** A row that no mapping could convert: nobody knows its columns, but an address is one in any. */
export function judgeRejectedRow(line: string, trace: Trace): Judgement {
  const isTheirs = trace.hasAddressIn(line) || trace.isNamedBy(jsonOf(line), line);
  return isTheirs ? { kind: 'theirs', records: [line] } : UNRELATED;
}

function lineOfRecord(record: unknown): string | undefined {
  if (!isJsonObject(record) || !isJsonObject(record.kinesis)) return undefined;
  const { data } = record.kinesis;
  return typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
