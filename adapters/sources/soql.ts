/**
 * A text as a SOQL literal. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
 */
export function soqlText(text: string): string {
  const escaped = text
    .replace(/[\\'"]/gu, (character) => `\\${character}`)
    .replace(/\n/gu, '\\n')
    .replace(/\r/gu, '\\r')
    .replace(/\t/gu, '\\t')
    .replace(/\f/gu, '\\f')
    .replace(/[\b]/gu, '\\b');
  return `'${escaped}'`;
}

/**
 * A time as a SOQL literal, which stands without quotes. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
 */
export function soqlTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
