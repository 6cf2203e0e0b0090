/** Values of texts that are written in one way everywhere. */
export const formats = [
  'email',
  'url',
  'uuid',
  'sha256',
  'currency',
  'country',
  'isoDate',
  'isoTime',
] as const;

/**
 * Forms of texts. Written so that JavaScript and RE2 read them alike (what they take for a blank differs)
 * and neither tries anything twice.
 * They look at the form alone: an address that is none is found out by who writes to it.
 */
export const formatPatterns: Readonly<Record<(typeof formats)[number], RegExp>> = {
  /** One @ with something before it and a dotted name behind it. */
  email: /^[^@ \t\r\n]+@[^@ \t\r\n.]+(\.[^@ \t\r\n.]+)+$/,
  url: /^https?:\/\/[^ \t\r\n/]+(\/[^ \t\r\n]*)?$/,
  /** RFC 9562. */
  uuid: /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
  sha256: /^[0-9a-fA-F]{64}$/,
  /** ISO 4217. */
  currency: /^[A-Z]{3}$/,
  /** ISO 3166-1 alpha-2. */
  country: /^[A-Z]{2}$/,
  /** RFC 3339, full-date. */
  isoDate: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  /** RFC 3339, date-time. */
  isoTime:
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/,
};
