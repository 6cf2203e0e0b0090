import type * as z from 'zod';
import { type CollectedEvent, collectedEvent } from './event.ts';
import { isJsonObject } from './json-value.ts';
import { DEFAULT_SOURCE_PRIORITY } from './source.ts';
import { isSureEvent } from './sure-event.ts';

/** Turns a stored record of one version into one of the next. */
export type Upcast = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * One step per version, the first from 0 to 1: records of version 0 state neither a version nor how
 * far their source is believed. A new version of the record adds a step at the end.
 */
export const upcasts: readonly Upcast[] = [
  (record) => ({ sourcePriority: DEFAULT_SOURCE_PRIORITY, ...record, schemaVersion: 1 }),
];

/** The record in the form of `steps.length`, from whatever version it is; others stay as they are. */
export function upcast(record: unknown, steps: readonly Upcast[] = upcasts): unknown {
  if (!isJsonObject(record)) return record;
  const version = record.schemaVersion ?? 0;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0) return record;
  return steps.slice(version).reduce((current, step) => step(current), record);
}

/** Reads a stored event of any version: from the stream, from the lake, for a replay. */
export function readStoredEvent(record: unknown): z.ZodSafeParseResult<CollectedEvent> {
  if (isSureEvent(record)) return { success: true, data: record };
  return collectedEvent.safeParse(upcast(record));
}
