import type { FieldRule } from '../record-mapping.ts';

/**
 * What a vendor says of consent to marketing mail, twice: in the form of consent that any event may
 * carry, and as a trait that profiles keep with its provenance. It is no consent to personalisation,
 * which customers give elsewhere.
 */
export function marketingConsent(
  from: string,
  as: 'subscription' | 'negated',
): readonly FieldRule[] {
  return [
    { from, to: 'context.consent.categoryPreferences.marketing', as },
    { from, to: 'traits.marketing_consent', as },
  ];
}
