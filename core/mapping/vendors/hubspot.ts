import type { RecordMapping } from '../record-mapping.ts';
import { marketingConsent } from './marketing-consent.ts';

export interface HubspotContactOptions {
  /** Property that holds the shop's own id of the customer. */
  readonly customerIdProperty?: string | undefined;
  /** Further properties, kept as traits of their own names. */
  readonly properties: readonly string[];
}

/**
 * HubSpot's contacts. Its id is no id of the shop's, so it joins as one device would: the contact stays
 * the same customer when the address changes.
 */
export function hubspotContactMapping(options: HubspotContactOptions): RecordMapping {
  const own = options.customerIdProperty;
  return {
    id: 'hubspot/contact',
    title: 'HubSpot: contacts',
    source: 'https://developers.hubspot.com/docs/api/crm/contacts',
    call: { type: 'identify' },
    fields: [
      {
        from: [...(own === undefined ? [] : [`properties.${own}`]), 'properties.email'],
        to: 'userId',
        as: 'text',
      },
      { from: 'id', to: 'anonymousId', prefix: 'hubspot-contact-' },
      { from: ['properties.lastmodifieddate', 'updatedAt'], to: 'timestamp' },
      { from: 'properties.email', to: 'traits.email' },
      { from: 'properties.firstname', to: 'traits.firstName' },
      { from: 'properties.lastname', to: 'traits.lastName' },
      { from: 'properties.company', to: 'traits.company.name' },
      { from: 'properties.jobtitle', to: 'traits.title' },
      { from: 'properties.city', to: 'traits.address.city' },
      { from: 'properties.country', to: 'traits.address.country' },
      { from: 'properties.lifecyclestage', to: 'traits.hubspot_lifecycle_stage' },
      { from: ['properties.createdate', 'createdAt'], to: 'traits.createdAt' },
      ...marketingConsent('properties.hs_email_optout', 'negated'),
      ...options.properties.map((name) => ({
        from: `properties.${name}`,
        to: `traits.${name}`,
      })),
    ],
  };
}

export const hubspotMappings: readonly RecordMapping[] = [
  hubspotContactMapping({ properties: [] }),
];

/** HubSpot gives only the properties that are named. */
export function hubspotPropertiesOf({
  customerIdProperty,
  properties,
}: HubspotContactOptions): string[] {
  const mapped = hubspotContactMapping({ customerIdProperty, properties })
    .fields.flatMap((rule) => ('from' in rule ? [rule.from].flat() : []))
    .filter((path) => path.startsWith('properties.'))
    .map((path) => path.slice('properties.'.length));
  return [...new Set([...mapped, 'hs_object_id'])];
}
