import { BATCH_CALLS_MAX } from '../limits.ts';
import { callReaders } from './call-readers.ts';
import { nameEnd, plainNameAt } from './names.ts';
import { type PlainCall, PlainCallReader } from './plain-call.ts';
import { readAny } from './plain-reader.ts';
import {
  asciiTextEnd,
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  NOT_PLAIN,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from './tokens.ts';

/** A batch of which every call is surely fine and plain; see plain-call.ts. */
export interface PlainBatch {
  /** The body, in UTF-8. */
  readonly bytes: Buffer;
  readonly calls: readonly PlainCall[];
  readonly sentAt: string | undefined;
  readonly writeKey: string | undefined;
}

const AT_SIGN = 0x40;
const ENCODED_AT_SIGN = '%40';
const ENVELOPE_LEVEL = 1;
const TEXT_CHARACTERS_MAX = 256;

/**
 * Opens a batch (`{batch, sentAt, writeKey?}`, see batch.ts) without parsing it: one walk over its bytes
 * checks it and finds what decides over each call. Undefined for every body that a look at its parsed value
 * may judge otherwise, or in which an email address may be. `bytes` must be UTF-8; `dropped` are names of
 * calls' fields that don't go into a record as they came.
 */
export function readPlainBatch(
  bytes: Buffer,
  dropped: ReadonlySet<string>,
): PlainBatch | undefined {
  if (bytes[0] !== OPEN_OBJECT) return undefined;
  if (mayHoldEmail(bytes)) return undefined;
  const envelope = new EnvelopeReader(bytes, dropped);
  const names: string[] = [];
  let at = 0;
  do {
    const name = at + 1;
    const behind = nameEnd(bytes, name);
    if (behind < 0 || bytes[behind] !== COLON) return undefined;
    at = envelope.valueEnd(plainNameAt(bytes, name + 1, behind - 1, names), behind + 1);
    if (at === NOT_PLAIN) return undefined;
  } while (bytes[at] === COMMA);
  const isWhole = bytes[at] === CLOSE_OBJECT && at + 1 === bytes.length;
  const { calls, sentAt, writeKey } = envelope;
  return isWhole && calls.length > 0 ? { bytes, calls, sentAt, writeKey } : undefined;
}

/** As `jsonMayHoldEmail`; what is written as `\\u0040` is not plain. */
function mayHoldEmail(bytes: Buffer): boolean {
  let at = bytes.indexOf(AT_SIGN);
  while (at >= 0) {
    const isFirst = bytes[at - 1] === QUOTE && bytes[at - 2] !== BACKSLASH;
    if (!isFirst) return true;
    at = bytes.indexOf(AT_SIGN, at + 1);
  }
  return bytes.includes(ENCODED_AT_SIGN);
}

class EnvelopeReader {
  readonly calls: PlainCall[] = [];
  sentAt: string | undefined;
  writeKey: string | undefined;
  readonly #bytes: Buffer;
  readonly #callReader: PlainCallReader;

  constructor(bytes: Buffer, dropped: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#callReader = new PlainCallReader(bytes, callReaders, dropped);
  }

  /** Behind the value of a field of the envelope. */
  valueEnd(name: string | undefined, value: number): number {
    switch (name) {
      case 'batch':
        return this.#callsEnd(value);
      case 'sentAt': {
        const end = asciiTextEnd(this.#bytes, value, TEXT_CHARACTERS_MAX);
        this.sentAt = this.#bytes.toString('latin1', value + 1, end - 1);
        return end;
      }
      case 'writeKey': {
        const end = asciiTextEnd(this.#bytes, value, TEXT_CHARACTERS_MAX);
        this.writeKey = this.#bytes.toString('latin1', value + 1, end - 1);
        return end;
      }
      // Both would have to be merged into every call.
      case 'context':
      case 'integrations':
      case undefined:
        return NOT_PLAIN;
      default:
        return readAny(this.#bytes, value, ENVELOPE_LEVEL + 1);
    }
  }

  #callsEnd(value: number): number {
    const bytes = this.#bytes;
    if (bytes[value] !== OPEN_LIST) return NOT_PLAIN;
    let at = value;
    do {
      const call = this.#callReader.read(at + 1);
      if (call === undefined || this.calls.length === BATCH_CALLS_MAX) return NOT_PLAIN;
      this.calls.push(call);
      at = this.#callReader.end;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_LIST ? at + 1 : NOT_PLAIN;
  }
}
