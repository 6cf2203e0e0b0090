import type { SampleValue } from './audit-report.ts';
import type { SuiteColumn } from './suite.ts';

/**
 * Samples help to find what is wrong, and must not say who somebody is. A column is masked whole where the
 * suite says `isPersonal`, where its name says so and the suite doesn't deny it, and where it holds JSON.
 * In every other text addresses of email and numbers of telephones are.
 */

const TEXT_CHARACTERS_MAX = 120;
const MASK = '•••';

/** Words of column names, however they are written: `firstName`, `FIRST_NAME`, `Kontakt-E-Mail`. */
const PERSONAL_WORDS = new RegExp(
  [
    'e-?mail',
    'phone|mobile|telephone|msisdn|fax',
    '(first|last|middle|given|family|full|sur|maiden|user|nick)name|^name$',
    'vorname|nachname',
    'address|street|postcode|postalcode|zip(code)?$',
    'birth|^dob$',
    'ssn|socialsecurity|passport|taxid|iban|cardnumber',
    '^ip(address)?$',
    'latitude|longitude',
  ].join('|'),
);

const EMAIL = /[^\s@"'<>(),;:=]{1,64}(@|%40)[^\s@"'<>(),;:=]{1,255}/g;
/** Eight digits or more, with what people put between them; not a date, a decimal or a bare number. */
const PHONE = /(?<![\w.-])(\+\d|\(\d|0\d)[\d ()/.-]{6,20}\d(?![\w.])/g;
const DATE = /^\d{4}-\d{2}-\d{2}/;

export function isPersonalColumn(name: string, declared: SuiteColumn | undefined): boolean {
  if (declared?.isPersonal !== undefined) return declared.isPersonal;
  if (declared?.type === 'json') return true;
  return PERSONAL_WORDS.test(name.toLowerCase().replaceAll(/[\s_.]/g, ''));
}

/** A sampled row that may be shown. */
export function maskSample(
  row: Readonly<Record<string, unknown>>,
  columns: Readonly<Record<string, SuiteColumn>>,
): Record<string, SampleValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      maskValue(value, isPersonalColumn(name, columns[name])),
    ]),
  );
}

function maskValue(value: unknown, isPersonal: boolean): SampleValue {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // How long it was tells an empty-looking value from a whole one.
  if (isPersonal) return `${MASK} (${text.length} characters)`;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return shortened(maskText(text));
}

/** A text without the addresses and telephone numbers in it. */
export function maskText(text: string): string {
  const masked = text.replaceAll(EMAIL, `${MASK}@${MASK}`);
  return DATE.test(masked) ? masked : masked.replaceAll(PHONE, MASK);
}

function shortened(text: string): string {
  return text.length <= TEXT_CHARACTERS_MAX ? text : `${text.slice(0, TEXT_CHARACTERS_MAX)}…`;
}
