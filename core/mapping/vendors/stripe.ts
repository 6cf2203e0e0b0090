import type { RecordMapping } from '../record-mapping.ts';

export interface StripeCustomerOptions {
  /** Key of a customer's metadata that holds the shop's own id of the customer. */
  readonly customerIdMetadata?: string | undefined;
}

/**
 * Stripe's customers, whose ids no other system uses. A customer says nothing of when it was read, so the
 * connector adds `statedAt`: the time of the event that carried it, or of the newest event before the list.
 */
export function stripeCustomerMapping({
  customerIdMetadata,
}: StripeCustomerOptions): RecordMapping {
  const own = customerIdMetadata === undefined ? [] : [`metadata.${customerIdMetadata}`];
  return {
    id: 'stripe/customer',
    title: 'Stripe: customers',
    source: 'https://docs.stripe.com/api/customers/object',
    call: { type: 'identify' },
    fields: [
      { from: [...own, 'email'], to: 'userId', as: 'text' },
      { from: 'id', to: 'anonymousId', prefix: 'stripe-customer-' },
      { from: 'statedAt', to: 'timestamp', as: 'epoch-seconds' },
      { from: 'email', to: 'traits.email' },
      { from: 'name', to: 'traits.name' },
      { from: 'created', to: 'traits.createdAt', as: 'epoch-seconds' },
      { from: 'address.city', to: 'traits.address.city' },
      { from: 'address.country', to: 'traits.address.country' },
      { from: 'preferred_locales.0', to: 'traits.locale' },
      { from: 'currency', to: 'traits.stripe_currency' },
      { from: 'delinquent', to: 'traits.stripe_is_delinquent' },
    ],
  };
}

export const stripeMappings: readonly RecordMapping[] = [stripeCustomerMapping({})];
