import { createHash } from 'node:crypto';
import { mayHoldEmail } from '../events/email-address.ts';
import { isJsonObject } from '../events/json-value.ts';
import { MESSAGE_ID_CHARACTERS_MAX } from '../events/limits.ts';
import { mapRecord, type RecordMapping } from '../mapping/record-mapping.ts';
import { machineMarksOf } from './machine-marks.ts';
import type { VendorEvent } from './vendor-webhook.ts';
import type { EspName } from './webhook-document.ts';

export interface VendorCalls {
  readonly calls: readonly unknown[];
  /** Events of other channels than email, which nothing here is made of. */
  readonly ignoredCount: number;
}

/**
 * The calls of an ESP's events. One of an unknown kind stays as it came: the intake refuses it by
 * name and keeps it, so that it can be replayed once there is a mapping for it.
 */
export function vendorCalls(
  esp: EspName,
  mappings: readonly RecordMapping[],
  events: readonly VendorEvent[],
): VendorCalls {
  const byId = new Map(mappings.map((mapping) => [mapping.id, mapping]));
  const ofEmail = events.filter(({ kind }) => kind !== undefined);
  const calls = ofEmail.map((event) => callOf(esp, byId.get(`${esp}/${event.kind}`), event));
  return { calls, ignoredCount: events.length - ofEmail.length };
}

/** `<esp>-<id>`; hashed where it would be too long or name somebody. */
export function messageIdOf(esp: EspName, id: string): string {
  const plain = `${esp}-${id}`;
  if (plain.length <= MESSAGE_ID_CHARACTERS_MAX && !mayHoldEmail(plain)) return plain;
  return `${esp}-${createHash('sha256').update(id).digest('hex')}`;
}

/** An id for events to which the ESP gives none: of the content, so that it is the same each time. */
export function contentId(record: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(record) ?? '')
    .digest('base64url');
}

function callOf(esp: EspName, mapping: RecordMapping | undefined, event: VendorEvent): unknown {
  if (mapping === undefined) return event.record;
  const call = mapRecord(mapping, event.record);
  const properties = isJsonObject(call.properties) ? call.properties : {};
  return {
    ...call,
    messageId: messageIdOf(esp, event.id),
    properties: { ...properties, ...machineMarksOf(call.event, event.maker ?? {}) },
  };
}
