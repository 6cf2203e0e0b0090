import type { Placement } from '../../core/ranking/placement.ts';
import { isPersonal } from '../../core/ranking/strategy.ts';
import type { Model } from '../../core/training/model.ts';
import type { Customer } from './customers.ts';

/** What a reader of an answer should know besides why its items are there. */
export function notesOf(of: {
  readonly isDefined: boolean;
  readonly customer: Customer;
  readonly placement: Placement;
  readonly model: Model | undefined;
  readonly limitNote: string | undefined;
}): string[] {
  const notes: string[] = [];
  if (!of.isDefined) notes.push('there is no placement of this name');
  const customerNote = noteOnCustomer(of.customer, isPersonal(of.placement.ladder[0]));
  if (customerNote !== undefined) notes.push(customerNote);
  if (of.model === undefined) notes.push('no model can be used yet');
  if (of.limitNote !== undefined) notes.push(of.limitNote);
  return notes;
}

function noteOnCustomer(customer: Customer, isExpected: boolean): string | undefined {
  switch (customer.kind) {
    case 'absent':
      return isExpected ? 'no customer was named' : undefined;
    case 'refused-email':
      return 'an email address was refused as customer: send an id or the SHA-256 of the address';
    case 'refused-length':
      return 'the customer key was refused: it is too long for an id';
    case 'unknown':
      return 'the customer is unknown';
    case 'no-consent':
      return 'the customer has not agreed to personalisation';
    case 'suppressed':
      return 'the customer gets no email: unsubscribed, complained or not reachable';
    case 'unreadable':
      return 'the customer could not be looked up in time';
    case 'known':
      return isExpected && customer.profile.recent.length === 0
        ? 'the customer has not looked at anything yet'
        : undefined;
  }
}
