import type { Maker } from './vendor-webhook.ts';

/** Why an opening or a click is taken for a machine's. */
export const machineReasons = [
  'esp',
  'apple-mail-privacy',
  'gmail-prefetch',
  'scanner',
  'too-soon',
] as const;
export type MachineReason = (typeof machineReasons)[number];

/** Nobody gets, finds and clicks a mail within a second of its sending; scanners do. */
const TOO_SOON_MS = 1_000;

/** Apple's mail privacy relay loads every image of every mail and says nothing else of itself. */
const APPLE_MAIL_PRIVACY = /^Mozilla\/5\.0$/;
/** Gmail loads images ahead of a reader with this agent; for a reader it says GoogleImageProxy. */
const GMAIL_PREFETCH = /Edge\/12\.246 Mozilla\/5\.0$/;
/** Programs that look at links before a person does, by the names that they give themselves. */
const SCANNER =
  /barracuda|mimecast|proofpoint|safelinks|symantec|trendmicro|fireeye|cloudmark|urlscan|bingpreview|headlesschrome|phantomjs|python-requests|python-urllib|go-http-client|okhttp|java\/|curl\/|wget\/|libwww|\bbot\b|crawler|spider|[a-z]bot\//i;
/** Proxies that fetch images when a person reads: the opening counts, the agent says nothing. */
const PROXIES: readonly (readonly [RegExp, string])[] = [
  [/GoogleImageProxy/i, 'google'],
  [/YahooMailProxy/i, 'yahoo'],
];

const MARKS: ReadonlyMap<unknown, string> = new Map([
  ['Email Opened', 'machine_open'],
  ['Email Link Clicked', 'machine_click'],
]);

/**
 * The properties that say who made an opening or a click: `machine_open` or `machine_click` with
 * `machine_reason` where it was a machine, `open_proxy` where a person read through one. Conservative:
 * what may be a person's counts as a person's.
 */
export function machineMarksOf(event: unknown, maker: Maker): Record<string, boolean | string> {
  const mark = MARKS.get(event);
  if (mark === undefined) return {};
  const reason = machineReasonOf(mark, maker);
  if (reason !== undefined) return { [mark]: true, machine_reason: reason };
  const proxy = PROXIES.find(([agent]) => agent.test(maker.userAgent ?? ''))?.[1];
  return mark === 'machine_open' && proxy !== undefined ? { open_proxy: proxy } : {};
}

function machineReasonOf(mark: string, maker: Maker): MachineReason | undefined {
  const { isMachine, userAgent = '', sinceSentMs } = maker;
  if (isMachine === true) return 'esp';
  if (mark === 'machine_open') {
    if (APPLE_MAIL_PRIVACY.test(userAgent)) return 'apple-mail-privacy';
    if (GMAIL_PREFETCH.test(userAgent)) return 'gmail-prefetch';
  }
  if (SCANNER.test(userAgent)) return 'scanner';
  if (sinceSentMs !== undefined && sinceSentMs < TOO_SOON_MS) return 'too-soon';
  return undefined;
}
