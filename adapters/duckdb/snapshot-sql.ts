/**
 * The rules of core/training/snapshot-builder.ts as queries over the rows of days (core/training/day-deeds.ts),
 * so that no row is ever an object of JavaScript; a property test holds the two together. Tables:
 *
 *   stored   all rows of all days
 *   events   without the repetitions of a message and of an order
 *   owners   who the customer of a tuple of identities is, which CustomerIndex says
 *   told     one row per interaction, and what becomes of it
 */
import { literal } from '../../core/quality/sql/sql-text.ts';

/** How a day's lines of JSON are read, and how its file's columns are called and typed. */
export const DEED_COLUMNS = {
  place: 'UBIGINT',
  part: 'UINTEGER',
  message: 'VARCHAR',
  schema_version: 'UTINYINT',
  received_ms: 'BIGINT',
  time_ms: 'BIGINT',
  customer: 'VARCHAR',
  deed: 'VARCHAR',
  item: 'VARCHAR',
  order_id: 'VARCHAR',
  granted: 'BOOLEAN',
  malformed_products: 'UINTEGER',
} as const;

/** Of a line of the lake, which is bounded far below. */
const ROW_BYTES_MAX = 16_777_216;

/**
 * A day's file. Of a message id 64 bits of its MD5 are kept, so that it can be told when it comes again. Snappy,
 * which every reader of Parquet knows.
 */
export function writeDaySql(
  ndjson: string,
  parquet: string,
  about: Record<string, string>,
): string {
  const columns = Object.entries(DEED_COLUMNS).map(([name, type]) => `${name}: '${type}'`);
  const notes = Object.entries(about).map(([name, value]) => `${name}: ${literal(value)}`);
  return `COPY (
    SELECT * REPLACE (md5_number_lower(message) AS message)
    FROM read_ndjson(${literal(ndjson)}, columns = {${columns.join(', ')}}, maximum_object_size = ${ROW_BYTES_MAX})
    ORDER BY place, part
  ) TO ${literal(parquet)} (FORMAT parquet, COMPRESSION snappy, KV_METADATA {${notes.join(', ')}})`;
}

export function storedSql(files: readonly string[]): string {
  if (files.length > 0) {
    return `CREATE VIEW stored AS SELECT * FROM read_parquet([${files.map((file) => literal(file)).join(', ')}])`;
  }
  const columns = Object.entries({ ...DEED_COLUMNS, message: 'UBIGINT' });
  const none = columns.map(([name, type]) => `NULL::${type} AS ${name}`).join(', ');
  return `CREATE VIEW stored AS SELECT * FROM (SELECT ${none}) LIMIT 0`;
}

/** The first of each message, and of each order, counts. */
export const EVENTS_SQL = [
  `CREATE TABLE repeated AS
   SELECT message, min(place) AS first FROM stored GROUP BY message HAVING min(place) <> max(place)`,
  `CREATE TABLE ordered AS
   SELECT s.order_id, min(s.place) AS first FROM stored s LEFT JOIN repeated r USING (message)
   WHERE s.deed = 'order' AND s.order_id IS NOT NULL AND (r.first IS NULL OR s.place = r.first)
   GROUP BY s.order_id HAVING min(s.place) <> max(s.place)`,
  `CREATE TABLE events AS
   SELECT s.*, o.first IS NOT NULL AND s.deed = 'order' AND s.place <> o.first AS is_repeated_order
   FROM stored s LEFT JOIN repeated r USING (message) LEFT JOIN ordered o USING (order_id)
   WHERE r.first IS NULL OR s.place = r.first`,
] as const;

/** Whose events there are, in the order in which they first came. */
export const CUSTOMERS_SQL = 'SELECT customer FROM events GROUP BY customer ORDER BY min(place)';

/** Latest statement of each owner, in an event or a profile; of two at once the refusal. */
export const CONSENT_SQL = `CREATE TABLE refusals AS
  WITH statements AS (
    SELECT owner, granted, time_ms FROM events JOIN owners USING (customer) WHERE granted IS NOT NULL
    UNION ALL SELECT owner, granted, time_ms FROM profiled WHERE owner IS NOT NULL AND granted IS NOT NULL
  )
  SELECT owner FROM statements
  GROUP BY owner HAVING NOT arg_max(granted, 2 * time_ms + CASE WHEN granted THEN 0 ELSE 1 END)`;

/** How the rows of profiles are read back: a line of JSON each. */
const PROFILE_COLUMNS = {
  owner: 'UINTEGER',
  granted: 'BOOLEAN',
  time_ms: 'BIGINT',
  is_readable: 'BOOLEAN',
  has_user_id: 'BOOLEAN',
  personalization: 'BOOLEAN',
  event_count: 'BIGINT',
  order_count: 'BIGINT',
  refund_count: 'BIGINT',
  first_seen_ms: 'BIGINT',
  last_seen_ms: 'BIGINT',
} as const;

export function profiledSql(ndjson: string): string {
  const columns = Object.entries(PROFILE_COLUMNS).map(([name, type]) => `${name}: '${type}'`);
  return `CREATE TABLE profiled AS SELECT * FROM read_ndjson(${literal(ndjson)}, columns = {${columns.join(', ')}})`;
}

/** A customer's number is the one of the interactions; who has none there has none here. */
export function profilesParquetSql(file: string): string {
  return `COPY (
    SELECT n.number AS customer, is_readable, has_user_id, personalization, event_count, order_count,
      refund_count, make_timestamp(first_seen_ms * 1000) AS first_seen_at,
      make_timestamp(last_seen_ms * 1000) AS last_seen_at
    FROM profiled LEFT JOIN numbers n USING (owner) ORDER BY customer NULLS LAST, last_seen_ms
  ) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`;
}

export const REFUNDS_SQL = `CREATE TABLE refunds AS
  SELECT order_id, bool_or(item IS NULL) AS is_whole, list(DISTINCT item) AS items
  FROM events WHERE deed = 'refund' GROUP BY order_id`;

/** Codes are the places in `interactionKinds`; an interaction later than `latestMs` is of the future. */
export function toldSql(latestMs: number): string {
  return `CREATE TABLE told AS
    SELECT e.place, e.part, e.time_ms, o.owner, i.number AS item,
      CASE e.deed WHEN 'view' THEN 0 WHEN 'cart' THEN 1 WHEN 'uncart' THEN 2 ELSE 3 END::UTINYINT AS kind,
      CASE WHEN e.time_ms < 0 THEN 'malformedTime'
           WHEN e.time_ms > ${latestMs} THEN 'futureTime'
           WHEN i.number IS NULL THEN 'unknownItem' END AS dropped,
      e.deed = 'order' AND r.order_id IS NOT NULL AND (r.is_whole OR list_contains(r.items, e.item)) AS is_refunded,
      c.owner IS NOT NULL AS is_refused
    FROM events e
    JOIN owners o USING (customer)
    LEFT JOIN items i ON i.item_id = e.item
    LEFT JOIN refunds r ON r.order_id = e.order_id
    LEFT JOIN refusals c ON c.owner = o.owner
    WHERE e.item IS NOT NULL AND NOT e.is_repeated_order AND e.deed IN ('view', 'cart', 'uncart', 'order')`;
}

const KEPT = 'dropped IS NULL AND NOT is_refunded AND NOT is_refused';

/** The columns, the oldest first. */
export const INTERACTIONS_SQL = `SELECT owner, item, (time_ms // 1000)::UINTEGER AS time_s, kind FROM told
  WHERE ${KEPT} ORDER BY time_ms, place, part`;

export const KEPT_COUNT_SQL = `SELECT count(*)::INTEGER AS rows FROM told WHERE ${KEPT}`;

/** One row of figures. */
export const DROPS_SQL = `SELECT
    (SELECT count(DISTINCT place) FROM stored) AS events,
    (SELECT count(DISTINCT s.place) FROM stored s JOIN repeated r USING (message) WHERE s.place <> r.first)
      AS "duplicateMessage",
    (SELECT count(DISTINCT place) FROM events WHERE is_repeated_order) AS "duplicateOrder",
    (SELECT coalesce(sum(malformed_products), 0) FROM events WHERE NOT is_repeated_order) AS "malformedProduct",
    (SELECT count(*) FROM events WHERE deed = 'bot') AS bot,
    (SELECT max(received_ms) FROM events) AS newest_received_ms,
    count(*) FILTER (dropped = 'malformedTime') AS "malformedTime",
    count(*) FILTER (dropped = 'futureTime') AS "futureTime",
    count(*) FILTER (dropped = 'unknownItem') AS "unknownItem",
    count(*) FILTER (dropped IS NULL AND is_refunded) AS refunded,
    count(*) FILTER (dropped IS NULL AND is_refused) AS "noConsent"
  FROM told`;

export const SCHEMA_VERSIONS_SQL =
  'SELECT schema_version, count(DISTINCT place) AS events FROM stored GROUP BY 1 ORDER BY 1';

/** For people and other engines: names and times rather than numbers. */
export function parquetSql(file: string): string {
  return `COPY (
    SELECT n.number AS customer, i.item_id,
      CASE t.kind WHEN 0 THEN 'view' WHEN 1 THEN 'cart' WHEN 2 THEN 'uncart' ELSE 'purchase' END AS kind,
      make_timestamp(t.time_ms * 1000) AS occurred_at
    FROM told t JOIN items i ON i.number = t.item JOIN numbers n ON n.owner = t.owner
    WHERE ${KEPT} ORDER BY t.time_ms, t.place, t.part
  ) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`;
}
