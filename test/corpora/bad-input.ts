import { gzipSync } from 'node:zlib';

/** One bad request and what the collector answers; the documentation's table is made of these. */
export interface BadInput {
  readonly what: string;
  /** Below the host. */
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** What the answer must name, as a part of its text. */
  readonly says?: string;
  /** Calls that are kept in quarantine, and events that are taken. */
  readonly quarantined: number;
  readonly accepted: number;
}

/** Planted in each body that can hold it: it may be in no log line. */
export const PLANTED_EMAIL = 'planted.person@example.com';
export const PLANTED_NAME = 'Plantagenet';

const valid = (messageId: string) =>
  `{"type":"track","userId":"corpus","event":"Corpus","messageId":"${messageId}"}`;
const planted = `"traits":{"email":"${PLANTED_EMAIL}","last_name":"${PLANTED_NAME}"}`;
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

/** Bodies that are refused as a whole: nothing of them is kept, the sender still has it. */
const wholeBodies: readonly Omit<BadInput, 'quarantined' | 'accepted'>[] = [
  { what: 'empty body', path: '/v1/track', body: '', status: 400, says: 'empty' },
  {
    what: 'not JSON',
    path: '/v1/track',
    body: `{"userId":"u",${planted}`,
    status: 400,
    says: 'not JSON',
  },
  { what: 'two JSON documents', path: '/v1/track', body: '{}{}', status: 400, says: 'not JSON' },
  {
    what: 'a NUL byte between tokens',
    path: '/v1/track',
    body: '{"userId":\u0000"u"}',
    status: 400,
    says: 'not JSON',
  },
  {
    what: 'a batch that is no object',
    path: '/v1/batch',
    body: '[1,2,3]',
    status: 400,
    says: 'object',
  },
  {
    what: 'a batch that is text',
    path: '/v1/batch',
    body: `{"batch":"${PLANTED_EMAIL}"}`,
    status: 400,
    says: 'array',
  },
  {
    what: 'an empty batch',
    path: '/v1/batch',
    body: '{"batch":[]}',
    status: 400,
    says: 'at least one',
  },
  {
    what: '10,000 entries in a batch',
    path: '/v1/batch',
    body: `{"batch":[${Array.from({ length: 10_000 }, () => '{}').join(',')}]}`,
    status: 413,
    says: '2500',
  },
  {
    what: 'a call over 32 KB',
    path: '/v1/track',
    body: `{"userId":"${'x'.repeat(40_000)}"}`,
    status: 413,
    says: '32768',
  },
  {
    what: 'a batch over 500 KB',
    path: '/v1/batch',
    body: `{"batch":["${'x'.repeat(600_000)}"]}`,
    status: 413,
    says: '512000',
  },
  {
    what: 'a gzip bomb: 100 KB that become 100 MB',
    path: '/v1/batch',
    body: gzipSync(Buffer.alloc(100_000_000, 0x20)),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    says: 'uncompressed',
  },
  {
    what: 'gzip that ends early',
    path: '/v1/batch',
    body: gzipSync(`{"batch":[${valid('cut')}]}`).subarray(0, 40),
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    says: 'gzip',
  },
  {
    what: 'a Content-Encoding that nobody knows',
    path: '/v1/track',
    body: valid('lzma'),
    headers: { 'content-encoding': 'lzma' },
    status: 415,
    says: 'Content-Encoding',
  },
  {
    what: 'Latin-1 instead of UTF-8',
    path: '/v1/track',
    body: Buffer.from('{"userId":"Zoë"}', 'latin1'),
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    status: 400,
    says: 'UTF-8',
  },
  {
    what: 'UTF-16',
    path: '/v1/track',
    body: Buffer.from(`\ufeff${valid('utf-16')}`, 'utf16le'),
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 400,
    says: 'UTF-8',
  },
  {
    what: 'half a surrogate pair in raw bytes',
    path: '/v1/track',
    body: Buffer.from([...Buffer.from('{"userId":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
    status: 400,
    says: 'UTF-8',
  },
  { what: 'an unknown path', path: '/v1/trakc', body: valid('path'), status: 404 },
];

/** Bodies whose calls are judged one by one: each refused one is kept whole, the others go on. */
const calls: readonly BadInput[] = [
  ...refusedCalls({
    'a call that is null': ['null', 'object'],
    'a call that is a number': ['1e4', 'object'],
    'a call nested 10,000 levels': [
      `{"type":"page","userId":"u","properties":${nested(10_000)}}`,
      'levels',
    ],
    'a key __proto__': [
      '{"type":"page","userId":"u","properties":{"__proto__":{"isAdmin":true}}}',
      '__proto__',
    ],
    'an unknown type': ['{"type":"purchase","userId":"u"}', 'type'],
    'no identity': [`{"type":"identify",${planted}}`, 'userId'],
    'an id of 10 KB': [`{"type":"page","userId":"${'x'.repeat(10_000)}"}`, 'userId'],
    'a message id of 10 KB': [
      `{"type":"page","userId":"u","messageId":"${'m'.repeat(10_000)}"}`,
      'messageId',
    ],
    'an id that is an array': ['{"type":"page","userId":["u"]}', 'userId'],
    'an id beyond 2^53, which has lost digits': [
      '{"type":"page","userId":90071992547409931}',
      'userId',
    ],
    'half a surrogate pair, escaped, in an id': ['{"type":"page","userId":"\\ud800"}', 'userId'],
    'an escaped NUL in an id': ['{"type":"page","userId":"u\\u0000"}', 'userId'],
    'track without an event': ['{"type":"track","userId":"u"}', 'event'],
    'properties that are text': [
      `{"type":"track","userId":"u","event":"Product Viewed","properties":"${PLANTED_EMAIL}"}`,
      'properties',
    ],
    'a price with a decimal comma': [
      '{"type":"track","userId":"u","event":"Product Viewed","properties":{"product_id":"1","price":"12,50"}}',
      'properties.price',
    ],
    'a price that is infinite': [
      '{"type":"track","userId":"u","event":"Product Viewed","properties":{"product_id":"1","price":1e999}}',
      'properties.price',
    ],
    'a currency that is a symbol': [
      '{"type":"track","userId":"u","event":"Order Completed","properties":{"order_id":"1","currency":"€"}}',
      'properties.currency',
    ],
    'a name where an email address belongs': [
      `{"type":"identify","userId":"u","traits":{"email":"${PLANTED_NAME}"}}`,
      'traits.email',
    ],
    'a date without a zone': [
      '{"type":"page","userId":"u","timestamp":"2026-11-23T09:15:00"}',
      'zone',
    ],
    'a date without a time': ['{"type":"page","userId":"u","timestamp":"2026-11-23"}', 'time'],
    'a date with a space': [
      '{"type":"page","userId":"u","timestamp":"2026-11-23 09:15:00Z"}',
      'space',
    ],
    'a date of the wrong order': [
      '{"type":"page","userId":"u","timestamp":"23.11.2026 09:15"}',
      'year first',
    ],
    'a day that no calendar has': [
      '{"type":"page","userId":"u","timestamp":"2026-02-30T09:15:00Z"}',
      'calendar',
    ],
    'an hour that no clock has': [
      '{"type":"page","userId":"u","timestamp":"2026-11-23T25:15:00Z"}',
      'calendar',
    ],
    'epoch milliseconds': [
      '{"type":"page","userId":"u","timestamp":1763889300000}',
      'epoch milliseconds',
    ],
    'epoch seconds': ['{"type":"page","userId":"u","timestamp":1763889300}', 'epoch seconds'],
    'epoch seconds as text': ['{"type":"page","userId":"u","timestamp":"1763889300"}', 'epoch'],
    'a date that is a word': ['{"type":"page","userId":"u","timestamp":"yesterday"}', 'ISO 8601'],
    'a date far in the future': [
      '{"type":"page","userId":"u","timestamp":"2126-11-23T09:15:00Z"}',
      'future',
    ],
    'a date before 1970': [
      '{"type":"page","userId":"u","timestamp":"1626-11-23T09:15:00Z"}',
      '1970',
    ],
  }),
  {
    what: 'one bad call among good ones',
    path: '/v1/batch',
    body: `{"batch":[${valid('among-1')},{"type":"track",${planted}},${valid('among-2')}]}`,
    status: 200,
    says: '"accepted":2',
    quarantined: 1,
    accepted: 2,
  },
];

/** What looks wrong and is not: taken as it stands. */
const harmless: readonly BadInput[] = [
  accepted('a byte order mark', `\ufeff${valid('bom')}`),
  accepted(
    'a key twice: the last one counts',
    '{"userId":"first","userId":"corpus","event":"Corpus","messageId":"twice"}',
  ),
  accepted(
    'an escaped NUL in free text',
    '{"userId":"corpus","event":"Corpus","messageId":"nul","properties":{"note":"a\\u0000b"}}',
  ),
  accepted(
    'half a surrogate pair in free text',
    '{"userId":"corpus","event":"Corpus","messageId":"half","properties":{"note":"\\ud800"}}',
  ),
  accepted('JSON under a form’s content type', valid('form'), {
    'content-type': 'application/x-www-form-urlencoded',
  }),
  accepted('JSON under a wrong charset, in UTF-8', valid('charset'), {
    'content-type': 'application/json; charset=ebcdic',
  }),
  accepted('an id that is a whole number', '{"userId":42,"event":"Corpus","messageId":"number"}'),
];

export const badInputs: readonly BadInput[] = [
  ...wholeBodies.map((input) => ({ ...input, quarantined: 0, accepted: 0 })),
  ...calls,
  ...harmless,
];

/** The table for the documentation, in Markdown. */
export function badInputTable(): string {
  const rows = badInputs.map(
    ({ what, status, quarantined, accepted: taken }) =>
      `| ${what} | ${status} | ${quarantined > 0 ? 'kept in quarantine' : taken > 0 ? 'taken' : 'refused whole'}${quarantined > 0 && taken > 0 ? ', the others taken' : ''} |`,
  );
  return ['| what comes | answer | what becomes of it |', '| --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function refusedCalls(bodies: Readonly<Record<string, readonly [string, string]>>): BadInput[] {
  return Object.entries(bodies).map(([what, [call, says]]) => ({
    what,
    path: '/v1/batch',
    // Unlike a single call a batch may be large, so that each case meets its own limit.
    body: `{"batch":[${call}]}`,
    status: 400,
    says,
    quarantined: 1,
    accepted: 0,
  }));
}

function accepted(
  what: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): BadInput {
  return { what, path: '/v1/track', body, headers, status: 200, quarantined: 0, accepted: 1 };
}
