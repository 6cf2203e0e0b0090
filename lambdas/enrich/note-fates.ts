import type { InspectorLog } from '../../adapters/dynamodb/inspector-log.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { type Fact, NO_SOURCE } from '../../core/events/inspection/fact.ts';
import { eventFact, poisonFact } from '../../core/events/inspection/make-fact.ts';
import type { EventOutcome } from '../../core/profile/fold-deliveries.ts';
import type { PoisonRecord } from './decode-record.ts';

export interface SettledEvent {
  readonly event: CollectedEvent;
  readonly outcome: EventOutcome;
}

/**
 * Writes down what became of a batch's events. A record that was handled before has its fate already, and of
 * one whose customer was erased nothing is written down.
 */
export async function noteFates(
  inspector: InspectorLog | undefined,
  settled: readonly SettledEvent[],
  poison: readonly PoisonRecord[],
): Promise<void> {
  if (inspector === undefined) return;
  const fresh = settled.filter(({ outcome }) => isNoted(outcome));
  const bySource = Map.groupBy(fresh, ({ event }) => event.source);
  const facts = poison.map(({ cause, arrivedAtMs }) => poisonFact(cause, arrivedAtMs));
  await inspector.note([
    ...[...bySource].map(([sourceId, events]) => ({
      sourceId,
      facts: factsOf(events),
      eventCount: events.length,
    })),
    { sourceId: NO_SOURCE, facts, eventCount: facts.length },
  ]);
}

function* factsOf(settled: readonly SettledEvent[]): Iterable<Fact> {
  for (const { event, outcome } of settled) {
    if (isNoted(outcome)) yield eventFact(outcome, event);
  }
}

function isNoted(outcome: EventOutcome): outcome is 'folded' | 'duplicate' {
  return outcome === 'folded' || outcome === 'duplicate';
}
