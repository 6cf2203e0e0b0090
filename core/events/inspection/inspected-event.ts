import type { Fact, Fate, InspectionPage } from './fact.ts';

/** One event with all that is known of what happened to it. */
export interface InspectedEvent extends Omit<Fact, 'fate'> {
  /** In the order in which they were written down, none twice. */
  readonly fates: readonly Fate[];
  /** When the last of them was written down, ISO 8601 UTC. */
  readonly writtenAt: string;
}

export interface Inspection {
  /** Newest first. */
  readonly events: readonly InspectedEvent[];
  /** Events in the same time of whom nothing was written down. */
  readonly leftOutCount: number;
}

export interface Wanted {
  readonly fate?: Fate | undefined;
  readonly messageId?: string | undefined;
  readonly limit: number;
}

/** Joins what the collector and the enricher wrote of each event, by its message id. */
export function inspect(pages: readonly InspectionPage[], wanted: Wanted): Inspection {
  const oldestFirst = pages.toSorted((a, b) => (a.writtenAt < b.writtenAt ? -1 : 1));
  const events = new Map<string, InspectedEvent>();
  let anonymousCount = 0;
  for (const { facts, writtenAt } of oldestFirst) {
    for (const { fate, ...said } of facts) {
      anonymousCount += 1;
      const key = said.messageId === undefined ? `#${anonymousCount}` : `m${said.messageId}`;
      const known = events.get(key);
      const fates = known === undefined ? [] : known.fates.filter((each) => each !== fate);
      events.set(key, { ...known, ...said, fates: [...fates, fate], writtenAt });
    }
  }
  const { fate, messageId, limit } = wanted;
  const found = [...events.values()]
    .filter((event) => fate === undefined || event.fates.includes(fate))
    .filter((event) => messageId === undefined || event.messageId === messageId)
    .sort((a, b) => (a.writtenAt < b.writtenAt ? 1 : -1))
    .slice(0, limit);
  return { events: found, leftOutCount: pages.reduce((sum, page) => sum + page.leftOutCount, 0) };
}
