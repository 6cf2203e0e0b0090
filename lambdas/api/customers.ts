import { customerKeyOf, identitiesOfKey } from '../../core/identity/customer-key.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { mayPersonalize } from '../../core/profile/may-personalize.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { isSuppressed } from '../../core/profile/suppression.ts';
import { budgetsMs, type Outcome, within } from './time-budget.ts';

/** Where customers are looked up. */
export interface CustomerSource {
  secret(): Promise<string>;
  findProfileId(
    identityRefs: readonly string[],
    profileId: string,
    signal: AbortSignal,
  ): Promise<string | undefined>;
  readProfile(profileId: string, signal: AbortSignal): Promise<Profile | undefined>;
}

/** What is known of the customer a request names; `shown` is what the answer may repeat of the key. */
export type Customer =
  | { readonly kind: 'absent' | 'refused-email' | 'refused-length'; readonly shown: '' }
  | { readonly kind: 'unknown' | 'no-consent' | 'suppressed'; readonly shown: string }
  | { readonly kind: 'unreadable'; readonly shown: string; readonly dependency: string }
  | { readonly kind: 'known'; readonly shown: string; readonly profile: Profile };

/** Looks customers up, each step within its budget. What goes wrong is a kind of answer, never thrown. */
export class Customers {
  readonly #source: CustomerSource;
  readonly #readMs: number;
  #isWarm = false;
  #lastSecret: string | undefined;

  /** @param readMs how long to wait for each read of links or profile, once one has come back. */
  constructor(source: CustomerSource, readMs: number) {
    this.#source = source;
    this.#readMs = readMs;
  }

  /** Reads the secret ahead of the first request. */
  async warm(): Promise<void> {
    await this.#secret();
  }

  async find(text: string | undefined): Promise<Customer> {
    const key = customerKeyOf(text);
    if (key.kind === 'absent') return { kind: 'absent', shown: '' };
    if (key.kind === 'refused') return { kind: `refused-${key.cause}`, shown: '' };
    const shown = key.value;
    const secret = await this.#secret();
    if (secret === undefined) return { kind: 'unreadable', shown, dependency: 'identity secret' };
    const refs = identitiesOfKey(key.value, secret).map(identityRef);
    const found = await this.#read((signal) => this.#source.findProfileId(refs, key.value, signal));
    if (!found.ok) return { kind: 'unreadable', shown, dependency: 'identities' };
    const id = found.value;
    if (id === undefined) return { kind: 'unknown', shown };
    const read = await this.#read((signal) => this.#source.readProfile(id, signal));
    if (!read.ok) return { kind: 'unreadable', shown, dependency: 'profiles' };
    if (read.value === undefined) return { kind: 'unknown', shown };
    return servedCustomer(shown, read.value);
  }

  async #read<T>(work: (signal: AbortSignal) => Promise<T>): Promise<Outcome<T>> {
    const budgetMs = this.#isWarm ? this.#readMs : budgetsMs.firstCustomerRead;
    const read = await within(Math.max(budgetMs, this.#readMs), work);
    this.#isWarm ||= read.ok;
    return read;
  }

  /** The secret; through an outage of its store the one that was last read. */
  async #secret(): Promise<string | undefined> {
    const read = await within(budgetsMs.secret, () => this.#source.secret());
    if (read.ok) this.#lastSecret = read.value;
    return this.#lastSecret;
  }
}

/** What may be used of a profile: what is fetched or exported here stands in emails. */
export function servedCustomer(shown: string, profile: Profile): Customer {
  if (mayPersonalize(profile, 'email')) return { kind: 'known', shown, profile };
  return { kind: isSuppressed(profile, 'email') ? 'suppressed' : 'no-consent', shown };
}
