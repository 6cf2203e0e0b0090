/** Bounds of what the collector takes. The contract with the outside names the first five. */

/** A call, alone or inside a batch: Segment's own bound, so that its SDKs already respect it. */
export const CALL_BYTES_MAX = 32 * 1024;
/** A batch's body, uncompressed. */
export const BATCH_BYTES_MAX = 500 * 1024;
/** Calls in a batch: with 500 KB, 200 bytes each, less than the smallest real event. */
export const BATCH_CALLS_MAX = 2_500;
/** A batch's context and integrations are copied into each of its calls: 2,500 × 16 KB still fit the function's memory. */
export const BATCH_SHARED_CHARACTERS_MAX = 16 * 1024;
/** An event of a server-side import: an invoice can have a thousand lines. */
export const IMPORT_CALL_BYTES_MAX = 256 * 1024;
/** An import batch, uncompressed: in base64 it still fits Lambda's 6 MB request. */
export const IMPORT_BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** A message id is shorter than 100 characters. */
export const MESSAGE_ID_CHARACTERS_MAX = 99;

/** A record on the stream: Kinesis takes 1 MiB with its partition key. */
export const RECORD_BYTES_MAX = 1_000_000;

/** Ids of customers, products and orders: longer than a UUID, a URL slug or an email address. */
export const ID_CHARACTERS_MAX = 512;
/** Name of a `track` call: a name, not a payload. */
export const EVENT_NAME_CHARACTERS_MAX = 256;
/** Objects and arrays inside one another: real events have five levels, recursion needs a bound. */
export const NESTING_LEVELS_MAX = 32;
/** Issues listed per call: enough to repair it, too few to flood the answer. */
export const ISSUES_MAX = 20;
/** How far in the future an event may lie: a time zone's mistake, not a wrong year, which would make every other event look old. */
export const FUTURE_MS_MAX = 24 * 60 * 60 * 1000;
