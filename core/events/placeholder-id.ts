/** What programs write where they have no id: every customer would become one. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...['null', 'undefined', 'nan', 'none', 'nil', '0', '-1', 'true', 'false', '[object object]'],
  ...['anonymous', 'guest', 'unknown', 'not_authenticated', 'n/a', 'id', 'email', 'userid'],
  ...['user_id', 'anonymousid', 'anonymous_id', 'distinctid', 'distinct_id', 'undefined undefined'],
  '00000000-0000-0000-0000-000000000000',
]);
const LONGEST = Math.max(...Array.from(PLACEHOLDERS, ({ length }) => length));

/**
 * Whether an id names nobody: it counts as absent, as null does. The list is what integrations are known to
 * send by mistake; others that join customers refuse the same.
 * Source: https://posthog.com/handbook/engineering/person-processing
 */
export function isPlaceholderId(id: string): boolean {
  return id.length <= LONGEST && PLACEHOLDERS.has(id.trim().toLowerCase());
}
