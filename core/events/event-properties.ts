import * as z from 'zod';
import {
  cartProperties,
  checkoutProperties,
  orderProperties,
  productListProperties,
  productProperties,
  productsSearchedProperties,
} from './commerce-properties.ts';
import { emailLinkProperties, emailProperties } from './email-properties.ts';

/** A custom event's properties: an object, whatever is in it. */
const customProperties = z.looseObject({});

/**
 * Which schema the properties of a `track` call must satisfy, by the event's name. One look-up, not
 * a union of schemas: a union tries them all and reports the complaints of each.
 */
const schemas: ReadonlyMap<string, z.ZodObject> = new Map<string, z.ZodObject>([
  ['Products Searched', productsSearchedProperties],
  ['Product List Viewed', productListProperties],
  ['Product Clicked', productProperties],
  ['Product Viewed', productProperties],
  ['Product Added', productProperties],
  ['Product Removed', productProperties],
  ['Cart Viewed', cartProperties],
  ['Checkout Started', checkoutProperties],
  ['Order Completed', orderProperties],
  ['Order Updated', orderProperties],
  ['Order Refunded', orderProperties],
  ['Order Cancelled', orderProperties],
  ['Email Delivered', emailProperties],
  ['Email Opened', emailProperties],
  ['Email Link Clicked', emailLinkProperties],
  ['Email Bounced', emailProperties],
  ['Email Marked as Spam', emailProperties],
  ['Unsubscribed', emailProperties],
]);

/** The schema for an event's properties; an unknown name is a custom event. */
export function propertiesSchemaOf(eventName: string): z.ZodObject {
  return schemas.get(eventName) ?? customProperties;
}

/** Whether the event means nothing without its properties. */
export function isKnownEvent(eventName: string): boolean {
  return schemas.has(eventName);
}
