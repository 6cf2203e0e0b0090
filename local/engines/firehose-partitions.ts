/**
 * Under which keys a Firehose delivery stream writes: prefixes with the arrival time, and with
 * values that a query takes out of each record (dynamic partitioning).
 * Sources: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html and
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
 */
export interface FirehosePartitions {
  /** May hold `!{timestamp:yyyy-MM-dd}` and the other parts of an arrival time, and keys of the query. */
  readonly prefix: string;
  /** May hold the arrival time and `!{firehose:error-output-type}`. */
  readonly errorPrefix: string;
  /** A jq object whose values are paths, e.g. `{source:.source}`; nothing without dynamic partitioning. */
  readonly query: string | undefined;
}

/** The records of one object to be. */
export interface Partition {
  /** Where the object goes: the prefix with all of it filled in. */
  readonly prefix: string;
  readonly records: readonly Buffer[];
}

/** @throws Error for an expression that isn't built here. */
export function refuseUnknownExpressions({ prefix, errorPrefix, query }: FirehosePartitions): void {
  const names = [...pathsOf(query).keys()];
  for (const expression of expressionsOf(prefix)) {
    const isKey = names.some((name) => expression === `partitionKeyFromQuery:${name}`);
    if (!isKey && !isTimestamp(expression)) refuse(expression);
  }
  for (const expression of expressionsOf(errorPrefix)) {
    if (expression !== ERROR_TYPE && !isTimestamp(expression)) refuse(expression);
  }
  const unused = names.find((name) => !prefix.includes(`!{partitionKeyFromQuery:${name}}`));
  // Firehose refuses it too: what is taken out of the records must be in the prefix.
  if (unused !== undefined) throw new Error(`The query's key ${unused} is not in the prefix`);
}

/** Sorts records by where they go, in order; those that the query can't be asked of go to the errors. */
export function partitioned(
  records: readonly Buffer[],
  { prefix, errorPrefix, query }: FirehosePartitions,
  at: Date,
): Partition[] {
  const paths = pathsOf(query);
  if (paths.size === 0) return [{ prefix: timestamped(prefix, at), records }];
  const byPrefix = new Map<string, Buffer[]>();
  for (const record of records) {
    const keys = keysOf(record, paths);
    const place =
      keys === undefined
        ? timestamped(errorPrefix.replaceAll(`!{${ERROR_TYPE}}`, ERROR_OUTPUT), at)
        : timestamped(withKeys(prefix, keys), at);
    const known = byPrefix.get(place) ?? [];
    known.push(keys === undefined ? failedRecord(record, at) : record);
    byPrefix.set(place, known);
  }
  return [...byPrefix].map(([place, those]) => ({ prefix: place, records: those }));
}

const ERROR_TYPE = 'firehose:error-output-type';
const ERROR_OUTPUT = 'processing-failed';
const QUERY = /^\{\s*(\w+\s*:\s*\.[\w.]+(?:\s*,\s*\w+\s*:\s*\.[\w.]+)*)\s*\}$/u;
/** Parts of a time in a prefix; another letter has a meaning in Firehose that is not built. */
const TIMESTAMP_PATTERN = /^(?:yyyy|MM|dd|HH|mm|[^A-Za-z'])+$/u;

function expressionsOf(prefix: string): string[] {
  return [...prefix.matchAll(/!\{([^}]*)\}/gu)].map(([, content = '']) => content);
}

function isTimestamp(expression: string): boolean {
  const [kind, ...pattern] = expression.split(':');
  return kind === 'timestamp' && TIMESTAMP_PATTERN.test(pattern.join(':'));
}

function refuse(expression: string): never {
  throw new Error(`The local Firehose does not understand !{${expression}} in a prefix`);
}

/** Key → path of the query; @throws Error for a query that is more than that. */
function pathsOf(query: string | undefined): Map<string, string[]> {
  if (query === undefined) return new Map();
  const pairs = QUERY.exec(query)?.[1];
  if (pairs === undefined) throw new Error(`The local Firehose does not understand ${query}`);
  return new Map(
    pairs.split(',').map((pair) => {
      const [name = '', path = ''] = pair.split(':').map((part) => part.trim());
      return [name, path.slice(1).split('.')];
    }),
  );
}

function keysOf(
  record: Buffer,
  paths: ReadonlyMap<string, readonly string[]>,
): Map<string, string> | undefined {
  const document = parseJson(record.toString());
  const keys = new Map<string, string>();
  for (const [name, path] of paths) {
    const value = path.reduce<unknown>(
      (inner, step) =>
        typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
          ? Reflect.get(inner, step)
          : undefined,
      document,
    );
    if (typeof value !== 'string' || value === '') return undefined;
    keys.set(name, value);
  }
  return keys;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withKeys(prefix: string, keys: ReadonlyMap<string, string>): string {
  return prefix.replaceAll(
    /!\{partitionKeyFromQuery:([^}]*)\}/gu,
    (_, name: string) => keys.get(name) ?? '',
  );
}

/** The form of a record in the error output, as the documentation shows it. */
function failedRecord(record: Buffer, at: Date): Buffer {
  const failure = {
    attemptsMade: 1,
    arrivalTimestamp: at.getTime(),
    errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
    errorMessage: 'The query gave no text for a partition key.',
    attemptEndingTimestamp: at.getTime(),
    rawData: record.toString('base64'),
  };
  return Buffer.from(`${JSON.stringify(failure)}\n`);
}

function timestamped(prefix: string, at: Date): string {
  const iso = at.toISOString();
  const parts: Readonly<Record<string, string>> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
  };
  return prefix.replaceAll(/!\{timestamp:([^}]*)\}/gu, (_, pattern: string) =>
    pattern.replaceAll(/yyyy|MM|dd|HH|mm/gu, (part) => parts[part] ?? part),
  );
}
