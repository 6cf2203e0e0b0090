/**
 * The stored form of a profile's two items. Each is a name, a version, a schema version and one text of
 * JSON, with short names and lists in place of objects: an attribute per field would cost as much again
 * in names and in marshalling.
 *
 * The store is read with every batch, so what comes from it is checked by hand where a schema would be
 * slow; `test/property/stored-profile.test.ts` holds both to the same answer.
 */
import { isJsonObject } from '../events/json-value.ts';
import type { Evidence, Lanes } from './evidence.ts';
import type { ColdProfile, HotProfile } from './hot-cold.ts';
import { areMarks } from './message-marks.ts';
import { type PartName, partNames, profileParts, type SomeParts } from './profile-parts.ts';

/** What the text of an item is not, for the log: names of fields, never values. */
export class MalformedProfileError extends Error {
  override readonly name = 'MalformedProfileError';
}

/** JSON of everything but the item's name and version. */
export function encodeHot(hot: HotProfile, partsJson = encodeParts(hot.parts)): string {
  const { coldVersion, formerIdentities, eventCount, firstSeenMs, lastSeenMs, evidence } = hot;
  const cold = coldVersion === 0 ? '' : `,"c":${coldVersion},"d":${hot.coldDay}`;
  const coldLanes = hot.hasColdLanes ? ',"x":1' : '';
  const former = formerIdentities.length === 0 ? '' : `,"f":${JSON.stringify(formerIdentities)}`;
  const counts = `"n":[${eventCount},${firstSeenMs},${lastSeenMs - firstSeenMs}]`;
  const lanes = JSON.stringify(evidence.lanes);
  // Marks are letters and digits, and need no escaping.
  const proof = `"l":${lanes}${coldLanes},"m":"${evidence.messages}"`;
  return `{${counts}${cold}${former},${proof},"s":${partsJson}}`;
}

/** @throws MalformedProfileError where the text is not one of encodeHot. */
export function decodeHot(profileId: string, version: number, text: string): HotProfile {
  const { c = 0, d = 0, n, f = [], l, x = 0, m, s } = fieldsIn(text);
  const [eventCount, firstSeen, lastSeenAfter] = listIn(n, 'n');
  const firstSeenMs = numberIn(firstSeen, 'n');
  return {
    profileId,
    version,
    coldVersion: numberIn(c, 'c'),
    coldDay: numberIn(d, 'd'),
    cartDue: undefined,
    formerIdentities: textsIn(f, 'f'),
    eventCount: numberIn(eventCount, 'n'),
    firstSeenMs,
    lastSeenMs: firstSeenMs + numberIn(lastSeenAfter, 'n'),
    evidence: evidenceIn(l, m),
    hasColdLanes: numberIn(x, 'x') === 1,
    parts: decodeParts(s),
  };
}

/** JSON of everything but the item's name and version. */
export function encodeCold({ identities, lanes, parts }: ColdProfile): string {
  const names = JSON.stringify(identities);
  return `{"i":${names},"l":${JSON.stringify(lanes)},"s":${encodeParts(parts)}}`;
}

/** @throws MalformedProfileError where the text is not one of encodeCold. */
export function decodeCold(text: string): ColdProfile {
  const { i, l, s } = fieldsIn(text);
  return { identities: textsIn(i, 'i'), lanes: lanesIn(l), parts: decodeParts(s) };
}

/** Parts as JSON, each under its code. */
export function encodeParts(parts: SomeParts): string {
  const encoded: Record<string, unknown> = {};
  for (const name of partNames) encodePart(encoded, name, parts);
  return JSON.stringify(encoded);
}

const nameOfCode: ReadonlyMap<string, PartName> = new Map(
  partNames.map((name) => [profileParts[name].code, name]),
);

function encodePart<Name extends PartName>(
  encoded: Record<string, unknown>,
  name: Name,
  parts: SomeParts,
): void {
  const state = parts[name];
  if (state === undefined) return;
  const { code, form } = profileParts[name];
  encoded[code] = form.encode(state);
}

/** A part that this code doesn't know is a later version's: it must not be lost by writing without it. */
function decodeParts(stored: unknown): SomeParts {
  const parts: SomeParts = {};
  for (const [code, state] of Object.entries(fieldsOrFail(stored, 's'))) {
    const name = nameOfCode.get(code);
    if (name === undefined) throw new MalformedProfileError(`s.${code}`);
    decodePart(parts, name, state);
  }
  return parts;
}

function decodePart<Name extends PartName>(parts: SomeParts, name: Name, stored: unknown): void {
  const { code, form } = profileParts[name];
  const state = form.decode(stored);
  if (state === undefined) throw new MalformedProfileError(`s.${code}`);
  parts[name] = state;
}

function evidenceIn(lanes: unknown, messages: unknown): Evidence {
  if (typeof messages !== 'string' || !areMarks(messages)) throw new MalformedProfileError('m');
  return { lanes: lanesIn(lanes), messages };
}

function lanesIn(value: unknown): Lanes {
  const lanes = fieldsOrFail(value, 'l');
  if (!areTexts(lanes)) throw new MalformedProfileError('l');
  return lanes;
}

function areTexts(fields: Readonly<Record<string, unknown>>): fields is Record<string, string> {
  for (const name in fields) if (typeof fields[name] !== 'string') return false;
  return true;
}

function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new MalformedProfileError('document');
  }
  return fieldsOrFail(document, 'document');
}

function fieldsOrFail(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (!isJsonObject(value)) throw new MalformedProfileError(field);
  return value;
}

function numberIn(value: unknown, field: string): number {
  if (typeof value !== 'number') throw new MalformedProfileError(field);
  return value;
}

function listIn(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedProfileError(field);
  return value;
}

function textsIn(value: unknown, field: string): readonly string[] {
  const list = listIn(value, field);
  const texts = list.filter((element) => typeof element === 'string');
  if (texts.length !== list.length) throw new MalformedProfileError(field);
  return texts;
}
