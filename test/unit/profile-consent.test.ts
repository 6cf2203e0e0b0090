import { describe, expect, it } from 'vitest';
import type { CollectedEvent } from '../../core/events/event.ts';
import { consentFor } from '../../core/profile/channel-consent.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { mayPersonalize } from '../../core/profile/may-personalize.ts';
import { isSuppressed } from '../../core/profile/suppression.ts';
import { trackEvent } from './event-maker.ts';

const start = newProfile('u_u1', Date.UTC(2026, 0, 1));
const on = (day: number) => {
  const time = `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  return { timestamp: time, receivedAt: time };
};
const folded = (...events: CollectedEvent[]) => events.reduce(foldEvent, start);
const categories = (categoryPreferences: Record<string, unknown>, day = 2) =>
  trackEvent('Any', { ...on(day), context: { consent: { categoryPreferences } } });
const centre = (consent: unknown, day = 2) =>
  trackEvent('Preferences Updated', { ...on(day), properties: { consent } });

describe('consent per channel and purpose', () => {
  it('is read from Segment’s consent context, for every channel or for one', () => {
    const profile = folded(categories({ Analytics: false, email_marketing: true, C0003: true }));
    expect(consentFor(profile, 'sms', 'analytics')).toBe('refused');
    expect(consentFor(profile, 'email', 'marketing')).toBe('granted');
    expect(consentFor(profile, 'sms', 'marketing')).toBe('unknown');
    expect(Object.keys(profile.channelConsent ?? {})).toEqual(['*.analytics', 'email.marketing']);
  });

  it('is read from the trait of an identify and from the preference centre, with time and source', () => {
    const identify = trackEvent('', {
      ...on(2),
      type: 'identify',
      source: 'crm',
      traits: { consent: { push: { marketing: false }, marketing: true } },
    });
    const profile = folded(identify, centre({ email: { marketing: true } }, 3));
    expect(profile.channelConsent).toEqual({
      '*.marketing': [1, Date.UTC(2026, 0, 2), 'crm'],
      'email.marketing': [1, Date.UTC(2026, 0, 3), 'website'],
      'push.marketing': [0, Date.UTC(2026, 0, 2), 'crm'],
    });
    expect(profile.traits).toEqual({});
    // Of two at once the refusal.
    expect(consentFor(profile, 'push', 'marketing')).toBe('refused');
    expect(consentFor(profile, 'web', 'marketing')).toBe('granted');
  });

  it('is the latest statement of the channel or of all channels', () => {
    const profile = folded(
      centre({ email_marketing: true }, 4),
      categories({ marketing: false }, 5),
    );
    expect(consentFor(profile, 'email', 'marketing')).toBe('refused');
    const later = foldEvent(profile, centre({ email_marketing: true }, 6));
    expect(consentFor(later, 'email', 'marketing')).toBe('granted');
  });
});

describe('suppression of email', () => {
  it.each([
    ['Unsubscribed', {}, 'unsubscribed'],
    ['Email Marked as Spam', {}, 'complaint'],
    ['Email Bounced', { bounce_type: 'Permanent' }, 'bounce'],
    ['Email Bounced', { bounce_type: 'HardBounce' }, 'bounce'],
    ['Email Suppressed', { reason: 'SpamComplaint' }, 'complaint'],
  ])('begins at once by %s %j', (name, properties, cause) => {
    const profile = folded(trackEvent(name, { ...on(2), properties }));
    expect(profile.suppression).toEqual([cause, Date.UTC(2026, 0, 2), 'website']);
    expect(isSuppressed(profile, 'email')).toBe(true);
    expect(isSuppressed(profile, 'sms')).toBe(false);
  });

  it.each([{ bounce_type: 'soft' }, { bounce_type: 'blocked' }, { bounce_type: 'Transient' }, {}])(
    'does not begin by a bounce of %j',
    (properties) => {
      expect(folded(trackEvent('Email Bounced', { properties })).suppression).toBeUndefined();
    },
  );

  it('ends by a later consent to email marketing, whichever comes first', () => {
    const spam = trackEvent('Email Marked as Spam', on(5));
    const back = trackEvent('Email Resubscribed', on(6));
    expect(isSuppressed(folded(spam, back), 'email')).toBe(false);
    expect(isSuppressed(folded(back, spam), 'email')).toBe(false);
    expect(isSuppressed(folded(spam, centre({ email: { marketing: true } }, 6)), 'email')).toBe(
      false,
    );
  });

  it('does not end by an earlier consent, one at the same moment, or one to no channel in particular', () => {
    const spam = trackEvent('Email Marked as Spam', on(5));
    expect(isSuppressed(folded(spam, trackEvent('Email Resubscribed', on(4))), 'email')).toBe(true);
    expect(isSuppressed(folded(spam, trackEvent('Email Resubscribed', on(5))), 'email')).toBe(true);
    // What a vendor's sync repeats of an old subscription.
    expect(isSuppressed(folded(spam, categories({ marketing: true }, 9)), 'email')).toBe(true);
  });
});

describe('whether a customer may get what was chosen for them', () => {
  it('is so until something speaks against it', () => {
    expect(mayPersonalize(start, 'email')).toBe(true);
    expect(mayPersonalize(folded(categories({ personalization: false })), 'email')).toBe(false);
    expect(mayPersonalize(folded(centre(false)), 'email')).toBe(false);
    expect(mayPersonalize(folded(trackEvent('Unsubscribed')), 'email')).toBe(false);
  });

  it('can differ between channels', () => {
    const profile = folded(categories({ email_personalization: false }));
    expect([mayPersonalize(profile, 'email'), mayPersonalize(profile, 'web')]).toEqual([
      false,
      true,
    ]);
  });
});

describe('an event that is dated more than a day after its receipt', () => {
  it('counts as of its receipt, so that it is not the latest word until then', () => {
    const wrong = { timestamp: '2027-06-01T00:00:00.000Z', receivedAt: on(2).receivedAt };
    const ahead = trackEvent('', {
      ...wrong,
      type: 'identify',
      traits: { city: 'Bath', consent: true },
    });
    const right = trackEvent('', {
      ...on(3),
      type: 'identify',
      traits: { city: 'Hull', consent: false },
    });
    for (const events of [
      [ahead, right],
      [right, ahead],
    ]) {
      const profile = folded(...events);
      expect(profile.traits.city?.value).toBe('Hull');
      expect(profile.consent?.personalization.granted).toBe(false);
      expect(profile.lastSeenMs).toBe(Date.UTC(2026, 0, 3));
    }
  });
});
