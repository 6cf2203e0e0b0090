import { FUTURE_MS_MAX } from '../events/limits.ts';
import { IDENTITIES_MAX, USER_IDS_MAX } from '../identity/profile-id.ts';
import {
  BRANDS_MAX,
  CATEGORIES_MAX,
  EPOCHS_MAX,
  HALF_LIFE_DAYS,
  LABEL_BYTES_MAX,
} from './affinities.ts';
import { ASSIGNMENTS_MAX } from './assignments.ts';
import { channels, purposes } from './channel-consent.ts';
import { LANES_MAX } from './evidence.ts';
import { MARKS_LENGTH_MAX } from './message-marks.ts';
import { PREDICTION_DAYS_MIN, PRIOR_INTERVAL_DAYS } from './next-purchase.ts';
import { PREFERENCE_BYTES_MAX, PREFERENCES_MAX } from './preferences.ts';
import { type Profile, RECENT_INTERACTIONS_MAX } from './profile.ts';
import { PURCHASE_DAYS_MAX } from './purchase-days.ts';
import { segmentFields } from './segment-field.ts';
import { SEND_ITEMS_MAX, SENDS_MAX } from './shown.ts';
import { suppressionCauses } from './suppression.ts';
import { PAGE_SECONDS_MAX } from './time-on-page.ts';
import { TRAIT_VALUE_BYTES_MAX, TRAITS_MAX } from './traits.ts';

/** Where the document lies; `npm run schemas` writes it. */
export const PROFILE_REFERENCE_PATH = 'docs/reference/profile.md';

interface FieldText {
  readonly meaning: string;
  /** What stands where two events or two profiles say something. */
  readonly rule: string;
  readonly bound: string;
}

const FUTURE_HOURS = FUTURE_MS_MAX / 3_600_000;

/** Every field: one that is added without its text doesn't compile. */
const fields: Readonly<Record<keyof Profile, FieldText>> = {
  schemaVersion: {
    meaning: 'the form of the profile',
    rule: 'a later one than this code knows is left alone',
    bound: 'one number',
  },
  profileId: {
    meaning: 'made of the identity that founded it',
    rule: 'of two profiles that are one customer the one of the stronger identity stays',
    bound: 'one text',
  },
  version: {
    meaning: 'counts writes',
    rule: 'a write must find the one that was read',
    bound: 'one number',
  },
  identities: {
    meaning: 'hashed user ids, addresses and devices',
    rule: 'all of both',
    bound: `${IDENTITIES_MAX}, of which ${USER_IDS_MAX} user ids`,
  },
  formerIdentities: {
    meaning: 'user ids that an `alias` named and nobody has used yet',
    rule: 'all of both',
    bound: `within the ${USER_IDS_MAX} user ids`,
  },
  traits: {
    meaning:
      'what `identify` states: value, source, priority, time; and `previous`, the strongest other value, mostly the one before',
    rule: 'higher source priority, then later, then greater source and value; another type than [declared](../how-to/preferences-and-consent.md#types-of-traits) is left out',
    bound: `${TRAITS_MAX} values, current ones first, of ${TRAIT_VALUE_BYTES_MAX} bytes`,
  },
  consent: {
    meaning: 'consent to personalisation on every channel, with time and source',
    rule: 'latest; of two at once the refusal',
    bound: 'one statement',
  },
  channelConsent: {
    meaning: `consent by channel (${channels.join(', ')}, or \`*\` for all) and purpose (${purposes.join(', ')}): 1 or 0, time, source`,
    rule: 'latest by channel and purpose; of two at once the refusal. Asked for a channel: the later of its own and that for all',
    bound: `${(channels.length + 1) * purposes.length - 1} statements`,
  },
  suppression: {
    meaning: `why no email may be sent (${suppressionCauses.join(', ')}), since when, by which source`,
    rule: 'latest; ends by a later consent to `email.marketing` and nothing else',
    bound: 'one statement',
  },
  preferences: {
    meaning: 'answers by question, `<survey>/<question>` for surveys: value, time, source',
    rule: 'latest by question, then greater value and source',
    bound: `the ${PREFERENCES_MAX} latest, of ${PREFERENCE_BYTES_MAX} bytes`,
  },
  recent: {
    meaning: 'the latest time of each item and kind (view, cart, uncart, purchase)',
    rule: 'latest',
    bound: `the ${RECENT_INTERACTIONS_MAX} newest`,
  },
  affinities: {
    meaning: `by category (\`c\`) and brand (\`b\`), the label's newest epoch of ${HALF_LIFE_DAYS} days and sums of weights (view 1, cart 3, purchase 5) per epoch, newest first`,
    rule: 'sums; exact in any order within the bound, beyond it the weakest labels go as they stand',
    bound: `${CATEGORIES_MAX} categories and ${BRANDS_MAX} brands of ${LABEL_BYTES_MAX} bytes, ${EPOCHS_MAX} epochs each`,
  },
  timeOnPage: {
    meaning: 'seconds in all, and over how many pages, as `duration` says',
    rule: 'sums',
    bound: `two numbers; a page counts ${PAGE_SECONDS_MAX} seconds at most`,
  },
  cart: {
    meaning:
      'when the cart was last filled, shown or taken to checkout; the last step at checkout; for which time it was found abandoned',
    rule: 'latest of each; open while later than the last order and not emptied',
    bound: 'three numbers',
  },
  purchaseDays: {
    meaning: 'the latest days with an order: the newest, then the gaps',
    rule: 'all of both, newest first',
    bound: `${PURCHASE_DAYS_MAX} days`,
  },
  assignments: {
    meaning: 'by experiment, the variant that was seen first, and when',
    rule: 'the earliest exposure; of two at once the smaller name',
    bound: `${ASSIGNMENTS_MAX} experiments, those of the greatest ids`,
  },
  shown: {
    meaning:
      'items that mails were given by placements that repeat nothing: by the hour of the send, the newest first',
    rule: 'all of both',
    bound: `${SENDS_MAX} sends of ${SEND_ITEMS_MAX} items`,
  },
  orders: {
    meaning: 'orders and refunds: counts, sums in minor units by currency, first and last time',
    rule: 'sums; an order id counts once; currencies never add up',
    bound: 'one sum per currency of ISO 4217',
  },
  email: {
    meaning:
      'sent, delivered, opened, clicked: counts; the latest opening and click. Machines engage with nothing',
    rule: 'sums and latest times',
    bound: 'six numbers',
  },
  eventCount: { meaning: 'events folded in', rule: 'sum', bound: 'one number' },
  firstSeenMs: { meaning: 'time of the first event', rule: 'earliest', bound: 'one number' },
  lastSeenMs: { meaning: 'time of the latest event', rule: 'latest', bound: 'one number' },
  evidence: {
    meaning: 'proof of what has been folded in ([0060](../decisions/0060-exactly-once-effect.md))',
    rule: 'all that either proves',
    bound: `${LANES_MAX} lanes, ${MARKS_LENGTH_MAX} characters of messages, which is 64 at least`,
  },
};

export function profileMarkdown(): string {
  const rows = Object.entries(fields).map(
    ([name, { meaning, rule, bound }]) => `| \`${name}\` | ${meaning} | ${rule} | ${bound} |`,
  );
  const asked = segmentFields.map(({ form, meaning }) => `| \`${form}\` | ${meaning} |`);
  return `${[...INTRODUCTION, ...rows, ...DERIVED, ...asked, ...END].join('\n')}\n`;
}

const INTRODUCTION = [
  '# Profile',
  '',
  'What a profile knows of a customer. Generated by `npm run schemas` from the code that folds.',
  '',
  'Any order of the same events gives the same profile: everything goes by the time of the event, and every rule is',
  'one that knows no order. Times are epoch milliseconds. What is optional is absent until something is known.',
  '',
  `**Wrong clocks.** An event that is dated more than ${FUTURE_HOURS} hours after its receipt counts as of its receipt: it is`,
  'not the latest word for a year. The collector refuses such events; this holds for every other way onto the',
  'stream. An event of the past lands where it is dated.',
  '',
  '## Fields',
  '',
  '| field | meaning | where two say something | bound |',
  '| --- | --- | --- | --- |',
];

const DERIVED = [
  '',
  '## What follows from them',
  '',
  'Worked out where it is asked, never stored:',
  '',
  `- **Affinity** at a time: half of what it was after ${HALF_LIFE_DAYS} days (forward decay, Cormode et al., ICDE 2009).`,
  '- **Recency, frequency, monetary value**: scores from 1 to 5 by the bands of the document `rfm`. The money is',
  '  that of the shop’s currency, net of refunds; without a currency in the bands there is no monetary score.',
  `- **Next purchase**: (${PRIOR_INTERVAL_DAYS} + Σ intervals) / (1 + number of intervals) days after the last day of purchase, from ${PREDICTION_DAYS_MIN} days of`,
  `  purchase on: the posterior mean of a Gamma-Poisson rate with one interval of ${PRIOR_INTERVAL_DAYS} days known in advance.`,
  '- **Whether recommendations may be personal**: not while email is suppressed, and not where personalisation was',
  '  refused in general or for email. Then the fallback is served.',
  '- **Segments**, below. `kindred customer show` (`GET /v1/customers/{id}`) says them and the above of one customer.',
  '',
  '## Segments',
  '',
  'A segment is a document of kind `segment`; `examples/segments/` holds some. `when` is `all` or `any` of a list of',
  'conditions, `not` of one, or a `field` with `is`, `in`, `exists`, or `atLeast` and `atMost`. What isn’t known',
  'meets no comparison but `exists: false`. A list meets `is` by any of its values. Unknown fields are refused.',
  '',
  '| field | what it is |',
  '| --- | --- |',
];

const END = [
  '',
  '```sh',
  'kindred config put segment examples/segments/loyal-customers.json',
  'kindred config put rfm examples/rfm.json',
  '```',
];
