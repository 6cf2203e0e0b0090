import { PLANTED_EMAIL } from './bad-input.ts';

/**
 * One bad request for a recommendation, and what the answer is: 200 and full in every case. It is asked for as JSON, as a
 * block and as an image; the documentation's table is made of these.
 */
export interface BadRequest {
  readonly what: string;
  /** What stands in the path, `for-you` where it is nothing special. */
  readonly placement?: string;
  /** What stands in the query, as it is. */
  readonly query?: string;
  /** Items in the answer. */
  readonly items: number;
  /** A part of the JSON's `reason`. */
  readonly says: string;
  /** In the documentation's words. */
  readonly becomes: string;
}

/** The bundled placement's `limit`. */
const DEFAULT = 12;
const MAX = 24;

const usual = 'the placement’s usual number';
const notPersonal = 'an answer for nobody in particular';
const fallback = 'the popular items';
const refused = `${notPersonal}; the key is not repeated and not logged`;

const keys: readonly BadRequest[] = [
  ...asked('no customer, or an empty one', ['', 'customer=', 'customer=%20'], {
    says: 'no customer was named',
    becomes: notPersonal,
  }),
  ...asked(
    'a raw email address, also encoded twice or full-width',
    [
      `customer=${PLANTED_EMAIL}`,
      `customer=${encodeURIComponent(PLANTED_EMAIL)}`,
      `customer=${encodeURIComponent(encodeURIComponent(PLANTED_EMAIL))}`,
      `customer=${encodeURIComponent(PLANTED_EMAIL.replace('@', '＠'))}`,
    ],
    { says: 'an email address was refused', becomes: refused },
  ),
  ...asked('a key that is too long for an id', [`customer=planted${'x'.repeat(2_000)}`], {
    says: 'it is too long for an id',
    becomes: refused,
  }),
  ...asked(
    'a key of control characters, broken UTF-8, markup or a template',
    [
      'customer=%00%01',
      'customer=%ED%A0%80',
      'customer=%FF',
      'customer=%3Cscript%3Ealert(1)%3C/script%3E',
      'customer={{7|times:7}}',
      'customer=%E2%80%AE',
    ],
    { says: 'the customer is unknown', becomes: notPersonal },
  ),
  ...asked('two keys', ['customer=nobody-1&customer=nobody-2'], {
    says: 'the customer is unknown',
    becomes: 'the answer for the last one',
  }),
];

const limits: readonly BadRequest[] = [
  ...asked('a limit of 0', ['limit=0'], { says: `so ${DEFAULT} were given`, becomes: usual }),
  ...asked('a limit of −1', ['limit=-1'], { says: `so ${DEFAULT} were given`, becomes: usual }),
  ...asked('a limit of 10⁹', ['limit=1000000000', 'limit=1e9', 'limit=Infinity'], {
    items: MAX,
    says: `so ${MAX} were given`,
    becomes: 'the placement’s largest number',
  }),
  ...asked(
    'a limit that is no whole number',
    ['limit=NaN', 'limit=', 'limit=many', 'limit=2.5', 'limit=-Infinity', 'limit=1%2C000'],
    { says: `so ${DEFAULT} were given`, becomes: usual },
  ),
];

export const badRequests: readonly BadRequest[] = [
  ...['no-such', 'For_You', '%00', '..%2F..%2Fetc', 'x'.repeat(300)].map((placement) => ({
    what: 'a placement that nobody defined, or whose name is none',
    placement,
    items: DEFAULT,
    says: 'there is no placement of this name',
    becomes: fallback,
  })),
  ...keys,
  ...limits,
  {
    what: 'a placement whose rules leave everything out',
    placement: 'leaves-all-out',
    items: DEFAULT,
    says: '',
    becomes: 'its static content',
  },
  ...asked('a `campaign` that is none', ['campaign=%3Cb%3E', `campaign=${'x'.repeat(101)}`], {
    says: 'no customer was named',
    becomes: 'as without one: an image is the day’s',
  }),
  ...asked('a `variant` that there is not', ['variant=no-such'], {
    says: 'no customer was named',
    becomes: 'as without one',
  }),
];

export function badRequestTable(): string {
  const rows = new Map(badRequests.map(({ what, becomes }) => [what, becomes]));
  const lines = [...rows].map(([what, becomes]) => `| ${what} | ${becomes} |`);
  return ['| what comes | what is answered |', '| --- | --- |', ...lines].join('\n');
}

function asked(
  what: string,
  queries: readonly string[],
  rest: { readonly says: string; readonly becomes: string; readonly items?: number },
): BadRequest[] {
  return queries.map((query) => ({ what, query, items: DEFAULT, ...rest }));
}
