import { mayBeNamedAsIp } from '../context/truncate-ip.ts';
import { QUOTE } from './tokens.ts';

/** A power of two; names of a schema are a few dozen. */
const BUCKETS = 256;

interface Entry {
  readonly name: Buffer;
  readonly index: number;
}

/** Finds a name of a schema by its bytes, without making a text of them. */
export class NameTable {
  readonly #buckets: readonly (readonly Entry[])[];

  constructor(names: readonly string[]) {
    const buckets: Entry[][] = Array.from({ length: BUCKETS }, () => []);
    for (const [index, text] of names.entries()) {
      const name = Buffer.from(text);
      buckets[bucketOf(name, 0, name.length)]?.push({ name, index });
    }
    this.#buckets = buckets;
  }

  /** The name's place in the list, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (const { name, index } of this.#buckets[bucketOf(bytes, start, end)] ?? []) {
      if (isAt(name, bytes, start, end)) return index;
    }
    return -1;
  }
}

function bucketOf(bytes: Uint8Array, start: number, end: number): number {
  const ends = (bytes[start] ?? 0) * 7 + (bytes[end - 1] ?? 0) * 3;
  return (ends + (end - start) * 31) & (BUCKETS - 1);
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1) {
    if (name[at] !== bytes[start + at]) return false;
  }
  return true;
}

/** An object may have this many fields that no schema names: they are compared one by one. */
const OTHERS_MAX = 24;

/**
 * The name at a place, which no schema has, noted among the object's others. Undefined where an object
 * can't be taken as it stands for it: the name is there twice, changes places when it is serialised (a
 * number), is no data (`__proto__`), or its value is to be replaced (addresses of people and of networks).
 */
export function plainNameAt(
  bytes: Buffer,
  start: number,
  end: number,
  others: string[],
): string | undefined {
  const name = ordinaryNames[ordinary.find(bytes, start, end)] ?? unusualName(bytes, start, end);
  if (name === undefined || others.length === OTHERS_MAX || others.includes(name)) return undefined;
  others.push(name);
  return name;
}

/** Whether the values of fields of this name may stand as they are. */
export function isPlainName(name: string): boolean {
  return !SPECIAL_NAME.test(name) && !mayBeNamedAsIp(name);
}

function unusualName(bytes: Buffer, start: number, end: number): string | undefined {
  const name = bytes.toString('latin1', start, end);
  return isPlainName(name) ? name : undefined;
}

/** What clients put into most calls, known to be plain: of the call, of its context, of a page. */
const ordinaryNames = [
  ...['integrations', 'channel', 'version', '_metadata', 'writeKey', 'name', 'category', 'groupId'],
  ...[
    'batch',
    'sentAt',
    'path',
    'referrer',
    'search',
    'title',
    'url',
    'tab_url',
    'initial_referrer',
  ],
  ...[
    'width',
    'height',
    'density',
    'innerWidth',
    'innerHeight',
    'id',
    'type',
    'model',
    'namespace',
  ],
  ...['sessionId', 'sessionStart', 'brands', 'mobile', 'platform', 'brand', 'source', 'medium'],
];
const ordinary = new NameTable(ordinaryNames);

const SPECIAL_NAME = /^(?:\d.*|__proto__|email|email_sha256|toJSON|)$/;

/** Behind the name in quotes that begins at `start`; -1 for one with an escape in it. */
export function nameEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) return -1;
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < 0x20 || byte === 0x7f || byte === 0x5c) return -1;
    at += 1;
  }
}
