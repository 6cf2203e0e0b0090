/**
 * What models and snapshots have in common on S3: a manifest that lists every file with its size and
 * SHA-256, and a dictionary of items. Failures are values with a reason.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Item, item } from '../catalogue/item.ts';
import { finished, type Steps } from './steps.ts';

export type Checked<Value> = { readonly ok: true; readonly value: Value } | Refusal;
export interface Refusal {
  readonly ok: false;
  readonly reason: string;
}

/** File name → bytes. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A millisecond of parsing. */
const ITEMS_PER_STEP = 200;
const LINE_FEED = 0x0a;

export const fileEntry = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FileEntry = z.infer<typeof fileEntry>;

export function fileEntries(files: Files): FileEntry[] {
  return Array.from(files, ([name, bytes]) => ({
    name,
    bytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
  }));
}

/** The file's bytes if they are there and are the ones that were written. */
export function verifiedFile(
  files: Files,
  entries: readonly FileEntry[],
  name: string,
): Checked<Uint8Array> {
  const entry = entries.find((candidate) => candidate.name === name);
  const bytes = files.get(name);
  if (entry === undefined || bytes === undefined) return refusal(`${name} is missing`);
  if (bytes.byteLength !== entry.bytes) {
    return refusal(`${name} has ${bytes.byteLength} bytes where ${entry.bytes} were written`);
  }
  if (sha256Hex(bytes) !== entry.sha256) return refusal(`${name} does not match its SHA-256`);
  return { ok: true, value: bytes };
}

/** Documents that are read once a process are interpreted: zod's compiling of a schema takes longer, at a cold start. */
const READ_ONCE = { jitless: true } as const;

/** Parses a JSON document with a `formatVersion`, saying which version was found where it is not ours. */
export function parseVersioned<Document>(
  bytes: Uint8Array | undefined,
  name: string,
  schema: z.ZodType<Document>,
  ...formatVersions: readonly number[]
): Checked<Document> {
  if (bytes === undefined) return refusal(`${name} is missing`);
  const json = parseJson(bytes);
  if (!json.ok) return refusal(`${name} is not JSON`);
  const found = z.object({ formatVersion: z.number() }).safeParse(json.value, READ_ONCE)
    .data?.formatVersion;
  if (found !== undefined && !formatVersions.includes(found)) {
    return refusal(
      `${name} has the format version ${found}, which is unknown; this release reads version ` +
        `${formatVersions.join(' and ')}: train again, or deploy the release that wrote it`,
    );
  }
  const parsed = schema.safeParse(json.value, READ_ONCE);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : refusal(`${name} is malformed: ${z.prettifyError(parsed.error)}`);
}

export function encodeItems(items: readonly Item[]): Uint8Array {
  return Buffer.from(items.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

export function decodeItems(bytes: Uint8Array, name: string, itemCount: number): Checked<Item[]> {
  return finished(itemSteps(bytes, name, itemCount));
}

/** The same, some items at a time. */
export function* itemSteps(
  bytes: Uint8Array,
  name: string,
  itemCount: number,
): Steps<Checked<Item[]>> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Item[] = [];
  let lines = 0;
  for (let at = 0; at < text.length; ) {
    if (lines % ITEMS_PER_STEP === 0) yield;
    const found = text.indexOf(LINE_FEED, at);
    const end = found < 0 ? text.length : found;
    lines += 1;
    const json = parseJson(text.toString('utf8', at, end));
    const parsed = json.ok ? item.safeParse(json.value) : undefined;
    if (!parsed?.success) return refusal(`${name} line ${lines} is not a catalogue item`);
    items.push(parsed.data);
    at = end + 1;
  }
  if (lines !== itemCount) {
    return refusal(`${name} has ${lines} items where ${itemCount} are declared`);
  }
  return { ok: true, value: items };
}

export function refusal(reason: string): Refusal {
  return { ok: false, reason };
}

function parseJson(source: Uint8Array | string): Checked<unknown> {
  try {
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return refusal('not JSON');
  }
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
