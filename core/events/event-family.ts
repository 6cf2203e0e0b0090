import type { EventType } from './event.ts';
import type { EventFamily } from './source.ts';

/** Which family an event belongs to; a source may send only those that are enabled for it. */
export function eventFamilyOf(type: EventType, eventName: string | undefined): EventFamily {
  if (type === 'page' || type === 'screen') return 'page';
  if (type !== 'track') return 'profile';
  return familyOfName.get(eventName ?? '') ?? 'custom';
}

/** The e-commerce spec v2. Source: https://segment.com/docs/connections/spec/ecommerce/v2/ */
const commerceEvents = [
  'Products Searched',
  'Product List Viewed',
  'Product List Filtered',
  'Promotion Viewed',
  'Promotion Clicked',
  'Product Clicked',
  'Product Viewed',
  'Product Added',
  'Product Removed',
  'Cart Viewed',
  'Checkout Started',
  'Checkout Step Viewed',
  'Checkout Step Completed',
  'Payment Info Entered',
  'Order Updated',
  'Order Completed',
  'Order Refunded',
  'Order Cancelled',
  'Coupon Entered',
  'Coupon Applied',
  'Coupon Denied',
  'Coupon Removed',
  'Product Added to Wishlist',
  'Product Removed from Wishlist',
  'Wishlist Product Added to Cart',
  'Product Shared',
  'Cart Shared',
  'Product Reviewed',
] as const;

/** The email spec. Source: https://segment.com/docs/connections/spec/email/ */
const emailEvents = [
  'Email Delivered',
  'Email Opened',
  'Email Link Clicked',
  'Email Bounced',
  'Email Marked as Spam',
  'Unsubscribed',
  // Of ours: what became of a block in a mail.
  'Block Served',
  'Block Clicked',
  'Experiment Viewed',
] as const;

/** Events of ours beside the specs; Kindred's own (`Cart Abandoned`, `Recommendations Served`) stay custom ones. */
const statementEvents = ['Preferences Updated', 'Survey Answered'] as const;

const familyOfName: ReadonlyMap<string, EventFamily> = new Map<string, EventFamily>([
  ...commerceEvents.map((name): [string, EventFamily] => [name, 'commerce']),
  ...emailEvents.map((name): [string, EventFamily] => [name, 'email']),
  ...statementEvents.map((name): [string, EventFamily] => [name, 'profile']),
  ['Page Left', 'page'],
]);
