import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callCheckOf } from '../../core/events/call.ts';
import { documentedEvents } from '../../core/events/event-documentation.ts';
import { eventFamilyOf } from '../../core/events/event-family.ts';
import { eventsMarkdown } from '../../core/events/events-markdown.ts';
import { publishedSchemas, slugOf } from '../../core/events/json-schema.ts';
import { propertiesCheckOf } from '../../core/events/registry.ts';
import { validateCall } from '../../core/events/validate-call.ts';
import { realisticCalls } from '../../examples/realistic-events.ts';

describe('the registry of events', () => {
  it('knows the 28 events of the e-commerce spec, the 6 of the email spec and the 3 of blocks', () => {
    const countOf = (family: string) =>
      documentedEvents.filter((definition) => definition.family === family).length;
    expect([countOf('commerce'), countOf('email')]).toEqual([28, 9]);
    const slugs = new Set(documentedEvents.map(({ name }) => slugOf(name)));
    expect(slugs.size).toBe(documentedEvents.length);
  });

  it('has each event in the family that its name is sorted into', () => {
    for (const { name, family } of documentedEvents) {
      expect(eventFamilyOf('track', name), name).toBe(family);
    }
  });

  it.each(documentedEvents.map(({ name, examples }) => [name, examples] as const))(
    'has valid examples of %s',
    (event, examples) => {
      for (const properties of examples) {
        const call = { type: 'track', userId: 'u', event, properties };
        expect(validateCall(call, { receivedAtMs: 0 })).toMatchObject({ kind: 'valid' });
      }
    },
  );

  it('is what the published schemas and the reference say; `npm run schemas` renews them', () => {
    expect(readFileSync('core/events/event-schemas.json', 'utf8')).toBe(
      publishedSchemas(documentedEvents),
    );
    expect(readFileSync('docs/reference/events.md', 'utf8')).toBe(eventsMarkdown(documentedEvents));
  });
});

describe('the fast check', () => {
  it('settles what real senders send, without asking zod', () => {
    for (const call of realisticCalls(20)) {
      expect(callCheckOf('track').isSure(call, 1)).toBe(true);
      expect(propertiesCheckOf(String(call.event))?.isSure(call.properties, 2)).toBe(true);
    }
  });

  it('settles the first example of every event, but of those whose fields have several forms', () => {
    const several = ['Products Searched', 'Preferences Updated', 'Survey Answered'];
    for (const { name, examples } of documentedEvents) {
      if (several.includes(name)) continue;
      expect(propertiesCheckOf(name)?.isSure(examples[0], 2), name).toBe(true);
    }
  });
});
