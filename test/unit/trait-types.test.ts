import { describe, expect, it } from 'vitest';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { checkTraits, traitTypes } from '../../core/profile/trait-types.ts';
import { trackEvent } from './event-maker.ts';

const types = traitTypes.parse({
  schemaVersion: 1,
  types: {
    age: 'number',
    plan: 'string',
    birthday: 'date',
    tags: 'list',
    isVip: 'boolean',
    home: 'object',
  },
});
const identify = (traits: Record<string, unknown>, more = {}) =>
  trackEvent('', { type: 'identify', traits, ...more });

describe('a trait of a declared type', () => {
  it('is taken in when it has it, and null always', () => {
    const event = identify({
      ...{ age: 41, plan: 'gold', birthday: '1985-02-28', tags: [], isVip: true, home: {} },
      city: 7,
    });
    expect(checkTraits(event, types)).toEqual({ event, refused: [] });
    expect(checkTraits(identify({ age: null }), types).refused).toEqual([]);
  });

  it('is refused when it has another, naming the kinds and never the value; the rest counts', () => {
    const event = identify({ age: '41', birthday: '28.2.1985', tags: 'tea', city: 'Bath' });
    const checked = checkTraits(event, types);
    expect(checked.event.traits).toEqual({ city: 'Bath' });
    expect(checked.refused).toEqual([
      { trait: 'age', expected: 'number', got: 'a string' },
      { trait: 'birthday', expected: 'date', got: 'a string' },
      { trait: 'tags', expected: 'list', got: 'a string' },
    ]);
    const known = foldEvent(newProfile('u_u1', 0), identify({ age: 41 }));
    const later = foldEvent(known, checked.event);
    expect(later.traits.age?.value).toBe(41);
    expect(later.eventCount).toBe(2);
  });

  it('is only looked for in an identify', () => {
    const page = trackEvent('', { type: 'page', traits: { age: '41' } });
    expect(checkTraits(page, types).event).toBe(page);
  });
});

describe('the history of a trait', () => {
  const stated = (plan: string, day: number, more = {}) =>
    identify(
      { plan },
      {
        timestamp: `2026-01-0${day}T00:00:00.000Z`,
        receivedAt: '2026-01-09T00:00:00.000Z',
        ...more,
      },
    );
  const start = newProfile('u_u1', 0);

  it('is the value before, with its source and time, however often the current one is repeated', () => {
    const events = [stated('silver', 1, { source: 'crm' }), stated('gold', 2), stated('gold', 3)];
    for (const order of [events, events.toReversed()]) {
      expect(order.reduce(foldEvent, start).traits.plan).toEqual({
        value: 'gold',
        source: 'website',
        priority: 100,
        timeMs: Date.UTC(2026, 0, 3),
        previous: ['silver', 'crm', 100, Date.UTC(2026, 0, 1)],
      });
    }
  });

  it('tells what a source that is believed less says against the value', () => {
    const crm = stated('gold', 1, { source: 'crm', sourcePriority: 200 });
    const { plan } = [crm, stated('silver', 2)].reduce(foldEvent, start).traits;
    expect(plan).toMatchObject({
      value: 'gold',
      previous: ['silver', 'website', 100, expect.anything()],
    });
  });
});
