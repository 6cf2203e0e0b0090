import { createHash } from 'node:crypto';
import type { RowGroup } from './group-rows.ts';
import { allOf, type Fields, type FieldValue } from './interpret-row.ts';
import type { EventMapping, Mapping, Template } from './mapping.ts';

/** A call of the Segment HTTP Tracking API, as JSON text. */
export type CallBuilder = (group: RowGroup) => string | undefined;

/** A call with the id that it carries. */
export interface BuiltCall {
  readonly messageId: string;
  readonly text: string;
}

/** Characters of a message id: 132 bits, collision-free for any number of events. */
const MESSAGE_ID_CHARACTERS = 22;

const noProblems: ReadonlyMap<string, string> = new Map();

/**
 * Builds the event of a group by the mapping's first event whose conditions hold; nothing where none
 * does. The message id depends on the mapping's id, the event and the group's key alone, so that a
 * file sent twice is recognised behind the collector, event by event.
 */
export function createCallBuilder(mapping: Mapping): CallBuilder {
  const build = createIdentifiedCallBuilder(mapping);
  return (group) => build(group)?.text;
}

/** The same, and says the message id beside the call. */
export function createIdentifiedCallBuilder(
  mapping: Mapping,
): (group: RowGroup) => BuiltCall | undefined {
  const events = mapping.events.map((event) => ({ event, holds: allOf(event.when) }));
  return (group) => {
    const [first] = group.lines;
    if (first === undefined) return undefined;
    const chosen = events.find(({ holds }) => holds(first, noProblems) === true)?.event;
    if (chosen === undefined) return undefined;
    const messageId = messageIdOf(mapping.id, chosen, group.key);
    const text = JSON.stringify({
      messageId,
      type: chosen.type,
      event: chosen.event,
      userId: textOf(chosen.userId, first),
      anonymousId: textOf(chosen.anonymousId, first),
      timestamp: first[chosen.timestamp],
      properties: chosen.properties && fill({ object: chosen.properties }, first, group.lines),
      traits: chosen.traits && fill({ object: chosen.traits }, first, group.lines),
    });
    return { messageId, text };
  };
}

function fill(part: Template, first: Fields, lines: readonly Fields[]): unknown {
  if (typeof part !== 'object') return part;
  if ('field' in part) return first[part.field];
  if ('sum' in part) return sumOf(part, lines);
  if ('lines' in part) {
    const entries = Object.entries(part.lines);
    return lines.map((line) =>
      Object.fromEntries(entries.map(([property, field]) => [property, line[field]])),
    );
  }
  return Object.fromEntries(
    Object.entries(part.object).map(([property, inner]) => [property, fill(inner, first, lines)]),
  );
}

/** Each addend is rounded before it is added, as an invoice's lines are. */
function sumOf(part: { sum: string; decimals: number }, lines: readonly Fields[]): number {
  const scale = 10 ** part.decimals;
  let scaled = 0;
  for (const line of lines) {
    const value: FieldValue = line[part.sum];
    if (typeof value === 'number') scaled += Math.round(value * scale);
  }
  return scaled / scale;
}

function messageIdOf(mappingId: string, event: EventMapping, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([mappingId, event.type, event.event ?? '', key]))
    .digest('base64url');
  return `import-${digest.slice(0, MESSAGE_ID_CHARACTERS)}`;
}

function textOf(field: string | undefined, fields: Fields): string | undefined {
  const value = field === undefined ? undefined : fields[field];
  return value === undefined ? undefined : String(value);
}
