import { DAY_MS, type ExposedCustomer, type MailOutcome } from './attribute.ts';
import type { Experiment, OutcomeName, WindowDays } from './experiment.ts';
import type { Unit } from './unit-sums.ts';

/** An outcome with the window that it is counted in. */
export interface Question {
  readonly outcome: OutcomeName;
  readonly windowDays: WindowDays;
  readonly isMoney: boolean;
  readonly isPrimary: boolean;
}

const timed: readonly OutcomeName[] = ['conversion', 'revenue', 'purchase'];

/** What the experiment asks: openings and clicks within the longest window, orders within each. */
export function questionsOf({ attribution, primaryOutcome, currency }: Experiment): Question[] {
  const windows = attribution.windowsDays.toSorted((a, b) => a - b);
  const longest = windows.at(-1) ?? attribution.primaryWindowDays;
  const question = (outcome: OutcomeName, windowDays: WindowDays): Question => ({
    outcome,
    windowDays,
    isMoney: outcome === 'revenue',
    isPrimary:
      outcome === primaryOutcome &&
      windowDays === (timed.includes(outcome) ? attribution.primaryWindowDays : longest),
  });
  return [
    question('click-through', longest),
    question('click-to-open', longest),
    ...windows.map((days) => question('conversion', days)),
    ...(currency === undefined ? [] : windows.map((days) => question('revenue', days))),
    ...windows.map((days) => question('purchase', days)),
  ];
}

/**
 * A customer's part in an outcome, of the mails whose window was over by `untilMs`; undefined for a customer who has none.
 * Money is in minor units.
 */
export function unitOf(
  { mails, before }: ExposedCustomer,
  { outcome, windowDays, isMoney }: Question,
  untilMs: number,
): Unit | undefined {
  let size = 0;
  let value = 0;
  for (const mail of mails) {
    if (mail.atMs + windowDays * DAY_MS > untilMs) break;
    if (outcome === 'click-to-open' && !mail.isOpened) continue;
    size += 1;
    value += countedOf(mail, outcome, windowDays);
  }
  if (size === 0) return undefined;
  return { size, value, before: isMoney ? before.revenueMinor : before.activity };
}

function countedOf(mail: MailOutcome, outcome: OutcomeName, windowDays: WindowDays): number {
  switch (outcome) {
    case 'click-through':
    case 'click-to-open':
      return mail.isClicked ? 1 : 0;
    case 'conversion':
      return mail.conversions[windowDays].orders > 0 ? 1 : 0;
    case 'purchase':
      return mail.purchases[windowDays].orders > 0 ? 1 : 0;
    case 'revenue':
      return mail.conversions[windowDays].revenueMinor;
  }
}
