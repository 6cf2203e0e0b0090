/** ISO 4217's code for "no currency": stands where the shop named none. */
export const CURRENCY_UNKNOWN = 'XXX';

/**
 * A billion major units of the usual currencies: no order is larger, and 90,000 of them still add up
 * exactly in a double.
 */
const AMOUNT_MINOR_MAX = 1e11;

/** Below half of the smallest unit of any currency. */
const AMOUNT_MIN = 1e-6;

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** The ISO 4217 code in upper case, CURRENCY_UNKNOWN for anything that is none. */
export function currencyOf(value: unknown): string {
  const code = typeof value === 'string' ? value.trim().toUpperCase() : '';
  return currencies.has(code) ? code : CURRENCY_UNKNOWN;
}

/**
 * An amount in major units (pounds) as a whole number of minor units (pence), rounded half away from
 * zero on its decimal form; undefined where it is not an amount that an order can have.
 */
export function minorUnitsOf(amount: number, currency: string): number | undefined {
  const size = Math.abs(amount);
  if (size < AMOUNT_MIN) return 0;
  // Shifting the decimal point in the text is exact, where 1.005 * 100 is 100.49999999999999.
  const minor = Math.round(Number(`${size}e${minorDigits(currency)}`));
  return minor <= AMOUNT_MINOR_MAX ? Math.sign(amount) * minor : undefined;
}

const digitsByCurrency = new Map<string, number>();

/** Digits after the point: 2 for most, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  const known = digitsByCurrency.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: currency === CURRENCY_UNKNOWN ? 'USD' : currency,
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  digitsByCurrency.set(currency, digits);
  return digits;
}
