import type { RecordMapping } from '../record-mapping.ts';
import { marketingConsent } from './marketing-consent.ts';

export interface SalesforceContactOptions {
  /** API name of the field that holds the shop's own id of the customer, e.g. `Shop_Id__c`. */
  readonly customerIdField?: string | undefined;
  /** API names of further fields, kept as traits of their own names. */
  readonly fields: readonly string[];
}

/**
 * Salesforce's contacts. Its id is no id of the shop's, so it joins as one device would: the contact stays
 * the same customer when the address changes.
 */
export function salesforceContactMapping(options: SalesforceContactOptions): RecordMapping {
  const own = options.customerIdField;
  return {
    id: 'salesforce/contact',
    title: 'Salesforce: contacts',
    source:
      'https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contact.htm',
    call: { type: 'identify' },
    fields: [
      { from: [...(own === undefined ? [] : [own]), 'Email'], to: 'userId', as: 'text' },
      { from: 'Id', to: 'anonymousId', prefix: 'salesforce-contact-' },
      { from: 'SystemModstamp', to: 'timestamp' },
      { from: 'Email', to: 'traits.email' },
      { from: 'FirstName', to: 'traits.firstName' },
      { from: 'LastName', to: 'traits.lastName' },
      { from: 'Title', to: 'traits.title' },
      { from: 'MailingCity', to: 'traits.address.city' },
      { from: 'MailingCountry', to: 'traits.address.country' },
      { from: 'LeadSource', to: 'traits.salesforce_lead_source' },
      { from: 'CreatedDate', to: 'traits.createdAt' },
      ...marketingConsent('HasOptedOutOfEmail', 'negated'),
      ...options.fields.map((name) => ({ from: name, to: `traits.${name}` })),
    ],
  };
}

export const salesforceMappings: readonly RecordMapping[] = [
  salesforceContactMapping({ fields: [] }),
];

/** What is asked for: SOQL gives only the fields that are named. */
export function salesforceFieldsOf(options: SalesforceContactOptions): string[] {
  const mapped = salesforceContactMapping(options).fields.flatMap((rule) =>
    'from' in rule ? [rule.from].flat() : [],
  );
  return [...new Set(mapped)];
}
