import { describe, expect, it } from 'vitest';
import { eventFamilyOf } from '../../core/events/event-family.ts';
import { eventFamilies } from '../../core/events/source.ts';

describe('the family of an event', () => {
  it.each([
    ['track', 'Order Completed', 'commerce'],
    ['track', 'Product Added to Wishlist', 'commerce'],
    ['track', 'Email Opened', 'email'],
    ['track', 'Unsubscribed', 'email'],
    ['track', 'Quiz Finished', 'custom'],
    ['track', undefined, 'custom'],
    ['identify', undefined, 'profile'],
    ['alias', undefined, 'profile'],
    ['group', undefined, 'profile'],
    ['page', undefined, 'page'],
    ['screen', undefined, 'page'],
    // The name of a track call in another one means nothing.
    ['identify', 'Order Completed', 'profile'],
  ] as const)('of %s %j is %s', (type, name, family) => {
    expect(eventFamilyOf(type, name)).toBe(family);
    expect(eventFamilies).toContain(family);
  });
});
