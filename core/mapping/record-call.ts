import { createHash } from 'node:crypto';
import { mapRecord, type RecordMapping, valueAtPath } from './record-mapping.ts';
import type { RecordMappingDocument } from './record-mapping-document.ts';

/** Characters of a message id's hash: 132 bits, collision-free for any number of records. */
const HASH_CHARACTERS = 22;

/**
 * The call of a record by a shop's own mapping, with a message id made of the record's id and version:
 * the same record, read again, is the same event. One without an id is told by all that it says: it
 * is for the intake to judge, and nothing is dropped unseen.
 */
export function callOfRecord(
  mapping: RecordMappingDocument,
  record: unknown,
  namespace: string,
): Record<string, unknown> {
  const id = valueAtPath(record, mapping.id);
  const isId = (typeof id === 'string' && id !== '') || typeof id === 'number';
  const version = mapping.version.map((path) => valueAtPath(record, path) ?? null);
  // A product that can't be used has no call of its own; the intake refuses one without an event.
  const rules = { call: mapping.call ?? { type: 'track' }, fields: mapping.fields } as Pick<
    RecordMapping,
    'call' | 'fields'
  >;
  const call = mapRecord({ id: namespace, title: '', source: '', ...rules }, record);
  return {
    ...call,
    messageId: messageIdOf(namespace, isId ? String(id) : JSON.stringify(record), version),
  };
}

/** `pull-<hash>` of whatever tells a record's version from all others. */
export function messageIdOf(namespace: string, id: string, version: readonly unknown[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([namespace, id, version]))
    .digest('base64url');
  return `pull-${digest.slice(0, HASH_CHARACTERS)}`;
}
