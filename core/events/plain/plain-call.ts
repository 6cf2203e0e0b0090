import { type EventType, eventTypes } from '../event.ts';
import { readTime, type TimeReading } from '../event-time.ts';
import {
  EVENT_NAME_CHARACTERS_MAX,
  ID_CHARACTERS_MAX,
  MESSAGE_ID_CHARACTERS_MAX,
} from '../limits.ts';
import { NameTable, nameEnd, plainNameAt } from './names.ts';
import type { PlainReader } from './plain-reader.ts';
import { plainTimeMs } from './plain-time.ts';
import { RepeatedTexts } from './repeated-texts.ts';
import {
  asciiTextEnd,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  NOT_PLAIN,
  nullEnd,
  OPEN_OBJECT,
  QUOTE,
  textEnd,
} from './tokens.ts';

/** From where to where, in the bytes of a body. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A call whose text may be used as it stands: what decides over it, and where the rest of it is. */
export interface PlainCall {
  readonly type: EventType;
  readonly event: string | undefined;
  readonly messageId: string | undefined;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  readonly timestamp: TimeReading | undefined;
  readonly originalTimestamp: TimeReading | undefined;
  readonly sentAt: TimeReading | undefined;
  /** The same span for calls in a row that state the same. */
  readonly context: Span | undefined;
  /** Whether it is a `track` whose name no specification knows. */
  readonly isCustom: boolean;
  readonly properties: Span | undefined;
  /** Fields that go into the record as they stand, each with its name; several in a row are one. */
  readonly fields: readonly Span[];
}

/** What else stands in a call, by its type and its event's name. */
export interface CallReaders {
  readonly context: PlainReader;
  readonly traits: PlainReader;
  readonly propertiesOf: (
    type: EventType | undefined,
    event: KnownEvent | undefined,
  ) => PlainReader;
  /** Events whose names a specification knows, and their names in the same order. */
  readonly events: readonly KnownEvent[];
  readonly eventNames: NameTable;
  /** Fields at the call's top that only some types have. */
  readonly otherOf: (type: EventType | undefined, name: string) => PlainReader;
}

export interface KnownEvent {
  readonly name: string;
  readonly properties: PlainReader;
}

/** Names with a place of their own, by their index. */
const names = [
  ...['type', 'event', 'messageId', 'userId', 'anonymousId', 'timestamp', 'originalTimestamp'],
  ...['sentAt', 'properties', 'traits', 'context'],
];
const TYPE = 0;
const EVENT = 1;
const MESSAGE_ID = 2;
const USER_ID = 3;
const ANONYMOUS_ID = 4;
const TIMESTAMP = 5;
const ORIGINAL_TIMESTAMP = 6;
const SENT_AT = 7;
const PROPERTIES = 8;
const TRAITS = 9;
const CONTEXT = 10;
const table = new NameTable(names);
const types = new NameTable(eventTypes);

/** What the call says and the collector doesn't. */
const travelling: ReadonlySet<number> = new Set([EVENT, ORIGINAL_TIMESTAMP, SENT_AT]);
/** In the order in which a record has them, behind all others. */
const parts = [USER_ID, ANONYMOUS_ID, PROPERTIES, TRAITS];

/** Longer than any type or time is written. */
const WORD_CHARACTERS_MAX = 64;
const CALL_LEVEL = 1;
const ABSENT = 0;
/** The first letter of `null`. */
const NULL = 0x6e;

/** Reads the calls of one body, one after the other. */
export class PlainCallReader {
  /** Behind the call that was read last. */
  end = 0;
  readonly #bytes: Buffer;
  readonly #readers: CallReaders;
  /** Names that don't travel as they came: the collector states its own. */
  readonly #dropped: ReadonlySet<string>;
  /** Where each field begins, its value, and where it ends; ABSENT where it isn't there. */
  readonly #starts = new Int32Array(names.length);
  readonly #values = new Int32Array(names.length);
  readonly #ends = new Int32Array(names.length);
  readonly #events: NameTable;
  readonly #texts: RepeatedTexts;
  #type: EventType | undefined;
  #event: KnownEvent | undefined;
  #propertiesReadBy: PlainReader | undefined;
  #context: Span | undefined;

  constructor(bytes: Buffer, readers: CallReaders, dropped: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#texts = new RepeatedTexts(bytes, names.length);
    this.#events = readers.eventNames;
    this.#readers = readers;
    this.#dropped = dropped;
  }

  /** The call that begins at `start`; undefined where it isn't surely fine and plain. */
  read(start: number): PlainCall | undefined {
    const bytes = this.#bytes;
    if (bytes[start] !== OPEN_OBJECT) return undefined;
    this.#ends.fill(ABSENT);
    this.#type = undefined;
    this.#event = undefined;
    const fields: Span[] = [];
    const others: string[] = [];
    let at = start;
    do {
      const name = at + 1;
      const behind = nameEnd(bytes, name);
      if (behind < 0 || bytes[behind] !== COLON) return undefined;
      const index = table.find(bytes, name + 1, behind - 1);
      const isKnown = index >= 0;
      at = isKnown ? this.#readKnown(index, name, behind) : this.#readOther(name, behind, others);
      if (at === NOT_PLAIN) return undefined;
      if (isKnown ? travelling.has(index) : !this.#dropped.has(others.at(-1) ?? '')) {
        addSpan(fields, name, at);
      }
    } while (bytes[at] === COMMA);
    if (bytes[at] !== CLOSE_OBJECT) return undefined;
    this.end = at + 1;
    return this.#call(fields);
  }

  #readOther(name: number, behind: number, others: string[]): number {
    const text = plainNameAt(this.#bytes, name + 1, behind - 1, others);
    if (text === undefined) return NOT_PLAIN;
    const read = this.#readers.otherOf(this.#type, text);
    return read(this.#bytes, behind + 1, CALL_LEVEL + 1);
  }

  #readKnown(index: number, name: number, behind: number): number {
    if (this.#ends[index] !== ABSENT) return NOT_PLAIN;
    const value = behind + 1;
    const end = this.#valueEnd(index, value);
    this.#starts[index] = name;
    this.#values[index] = value;
    this.#ends[index] = end;
    if (end === NOT_PLAIN) return end;
    if (index === TYPE) this.#type = eventTypes[types.find(this.#bytes, value + 1, end - 1)];
    if (index === EVENT) {
      this.#event = this.#readers.events[this.#events.find(this.#bytes, value + 1, end - 1)];
    }
    return end;
  }

  #valueEnd(index: number, value: number): number {
    const bytes = this.#bytes;
    switch (index) {
      case EVENT:
        return textEnd(bytes, value);
      case MESSAGE_ID:
        return asciiTextEnd(bytes, value, MESSAGE_ID_CHARACTERS_MAX);
      case USER_ID:
      case ANONYMOUS_ID: {
        const end = asciiTextEnd(bytes, value, ID_CHARACTERS_MAX);
        return end === NOT_PLAIN ? nullEnd(bytes, value) : end;
      }
      case PROPERTIES:
        this.#propertiesReadBy = this.#propertiesReader();
        return this.#propertiesReadBy(bytes, value, CALL_LEVEL + 1);
      case TRAITS:
        return this.#readers.traits(bytes, value, CALL_LEVEL + 1);
      case CONTEXT:
        return this.#contextEnd(value);
      default:
        return asciiTextEnd(bytes, value, WORD_CHARACTERS_MAX);
    }
  }

  /** By what is known of the call so far. */
  #propertiesReader(): PlainReader {
    return this.#readers.propertiesOf(this.#type, this.#event);
  }

  #contextEnd(value: number): number {
    const bytes = this.#bytes;
    const last = this.#context;
    if (last !== undefined) {
      const end = value + last.end - last.start;
      const isSame =
        end <= bytes.length && bytes.compare(bytes, last.start, last.end, value, end) === 0;
      if (isSame) return end;
    }
    const end = this.#readers.context(bytes, value, CALL_LEVEL + 1);
    if (end !== NOT_PLAIN) this.#context = { start: value, end };
    return end;
  }

  #call(fields: Span[]): PlainCall | undefined {
    const type = this.#type;
    const event = this.#event?.name ?? this.#textOf(EVENT);
    const userId = this.#textOf(USER_ID);
    const anonymousId = this.#textOf(ANONYMOUS_ID);
    if (type === undefined || !isPlainEvent(type, event)) return undefined;
    if (userId === undefined && anonymousId === undefined) return undefined;
    const isCustom = type === 'track' && this.#event === undefined;
    const properties = this.#spanOf(PROPERTIES);
    if (properties === undefined ? type === 'track' && !isCustom : !this.#isReadAsIs(properties)) {
      return undefined;
    }
    for (const index of parts) this.#addPart(fields, index);
    return {
      type,
      event,
      messageId: this.#textOf(MESSAGE_ID),
      userId,
      anonymousId,
      timestamp: this.#timeOf(TIMESTAMP),
      originalTimestamp: this.#timeOf(ORIGINAL_TIMESTAMP),
      sentAt: this.#timeOf(SENT_AT),
      context: this.#ends[CONTEXT] === ABSENT ? undefined : this.#context,
      isCustom,
      properties,
      fields,
    };
  }

  /** Read before the type and the name were known, properties are read again. */
  #isReadAsIs({ start, end }: Span): boolean {
    const read = this.#propertiesReader();
    return read === this.#propertiesReadBy || read(this.#bytes, start, CALL_LEVEL + 1) === end;
  }

  #addPart(fields: Span[], index: number): void {
    const isThere = this.#ends[index] !== ABSENT && this.#bytes[this.#values[index] ?? 0] !== NULL;
    if (isThere) addSpan(fields, this.#starts[index] ?? 0, this.#ends[index] ?? 0);
  }

  #spanOf(index: number): Span | undefined {
    const end = this.#ends[index] ?? ABSENT;
    return end === ABSENT ? undefined : { start: this.#values[index] ?? 0, end };
  }

  #timeOf(index: number): TimeReading | undefined {
    const end = this.#ends[index] ?? ABSENT;
    if (end === ABSENT) return undefined;
    const timeMs = plainTimeMs(this.#bytes, this.#values[index] ?? 0, end);
    return timeMs === undefined ? readTime(this.#textOf(index)) : { timeMs };
  }

  #textOf(index: number): string | undefined {
    const start = this.#values[index] ?? 0;
    const end = this.#ends[index] ?? ABSENT;
    if (end === ABSENT || this.#bytes[start] !== QUOTE) return undefined;
    return this.#texts.of(index, start + 1, end - 1);
  }
}

/** Names with an escape in them are rare, and would have to be read. */
function isPlainEvent(type: EventType, event: string | undefined): boolean {
  if (event === undefined) return type !== 'track';
  return event.length > 0 && event.length <= EVENT_NAME_CHARACTERS_MAX && !event.includes('\\');
}

function addSpan(spans: Span[], start: number, end: number): void {
  const last = spans.at(-1);
  const isNext = last !== undefined && last.end + 1 === start;
  if (isNext) spans[spans.length - 1] = { start: last.start, end };
  else spans.push({ start, end });
}
