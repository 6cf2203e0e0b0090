import { describe, expect, it } from 'vitest';
import { emailEngagementOf } from '../../../core/profile/email-engagement.ts';
import { machineMarksOf } from '../../../core/webhooks/machine-marks.ts';
import { trackEvent } from '../event-maker.ts';

const GMAIL_READER =
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GMAIL_AHEAD =
  'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

describe('who made an opening or a click', () => {
  it.each([
    ['Email Opened', { isMachine: true }, { machine_open: true, machine_reason: 'esp' }],
    [
      'Email Opened',
      { userAgent: 'Mozilla/5.0' },
      { machine_open: true, machine_reason: 'apple-mail-privacy' },
    ],
    [
      'Email Opened',
      { userAgent: GMAIL_AHEAD },
      { machine_open: true, machine_reason: 'gmail-prefetch' },
    ],
    ['Email Opened', { userAgent: GMAIL_READER }, { open_proxy: 'google' }],
    [
      'Email Opened',
      { userAgent: 'YahooMailProxy; https://help.yahoo.com/' },
      { open_proxy: 'yahoo' },
    ],
    ['Email Opened', { userAgent: CHROME }, {}],
    ['Email Opened', {}, {}],
    [
      'Email Link Clicked',
      { userAgent: 'python-requests/2.31' },
      { machine_click: true, machine_reason: 'scanner' },
    ],
    [
      'Email Link Clicked',
      { userAgent: 'Googlebot/2.1' },
      { machine_click: true, machine_reason: 'scanner' },
    ],
    [
      'Email Link Clicked',
      { userAgent: CHROME, sinceSentMs: 999 },
      { machine_click: true, machine_reason: 'too-soon' },
    ],
    ['Email Link Clicked', { userAgent: CHROME, sinceSentMs: 1_000 }, {}],
    // An iPhone's own browser, and a telephone of the maker Cubot: people.
    [
      'Email Link Clicked',
      { userAgent: 'Mozilla/5.0 (Linux; Android 12; CUBOT X50) Chrome/120' },
      {},
    ],
    ['Email Link Clicked', { userAgent: 'Mozilla/5.0' }, {}],
    ['Email Delivered', { isMachine: true }, {}],
  ])('%s by %o: %o', (event, maker, marks) => {
    expect(machineMarksOf(event, maker)).toEqual(marks);
  });
});

/** When the events of `trackEvent` happen. */
const OPENED_AT_MS = Date.UTC(2026, 0, 2);

describe('engagement', () => {
  const of = (event: string, properties: Record<string, unknown>) =>
    emailEngagementOf(trackEvent(event, { properties }));

  it.each([
    'machine_open',
    'sg_machine_open',
    'machine_click',
    'is_suspected_bot_click',
    'prefetched',
    'is_bot',
  ])('counts nothing that is marked with %s, as a boolean or as text', (mark) => {
    for (const value of [true, 'true']) {
      expect(of('Email Opened', { [mark]: value })).toEqual({ openCount: 0, clickCount: 0 });
      expect(of('Email Link Clicked', { [mark]: value })).toEqual({ openCount: 0, clickCount: 0 });
    }
    expect(of('Email Opened', { [mark]: 'false' })).toEqual({
      openCount: 1,
      clickCount: 0,
      lastOpenMs: OPENED_AT_MS,
    });
  });

  it('counts what a person read through a proxy', () => {
    expect(of('Email Opened', { open_proxy: 'google' })).toEqual({
      openCount: 1,
      clickCount: 0,
      lastOpenMs: OPENED_AT_MS,
    });
  });
});
