import type { CollectedEvent } from '../events/event.ts';
import { numberOf } from './untyped-value.ts';

/** The priority of a source that states none; the shop's own website has it too. */
export const SOURCE_PRIORITY_DEFAULT = 100;

/** How much an event's source is believed where sources disagree: higher wins. Set by the collector. */
export function priorityOf(event: CollectedEvent): number {
  return numberOf(event.sourcePriority) ?? SOURCE_PRIORITY_DEFAULT;
}
