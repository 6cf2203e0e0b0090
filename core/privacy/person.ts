import * as z from 'zod';
import { identityKinds } from '../events/event.ts';
import { foundedProfileId } from '../identity/profile-id.ts';

/** Whom an export or an erasure is about: identities as they are stored, nothing raw. */
export const person = z.strictObject({
  /** References of the identities (`kind#hmac`), sorted. */
  refs: z.array(z.string()).min(1),
  /** Of the profile, and of those that were merged into it, sorted. */
  profileIds: z.array(z.string()),
});
export type Person = z.infer<typeof person>;

/** What an identity's reference begins with, by the first letter of the id of the profile it founds. */
const kindsByLetter: ReadonlyMap<string, string> = new Map(
  identityKinds.map((kind) => [foundedProfileId(`${kind}#`).charAt(0), kind]),
);

/** The reference that founded the profile of this id; undefined where the text is no such id. */
export function refOfProfileId(profileId: string): string | undefined {
  const match = /^([a-z])_([\w-]{22})$/.exec(profileId);
  const kind = kindsByLetter.get(match?.[1] ?? '');
  return kind === undefined ? undefined : `${kind}#${match?.[2]}`;
}

/**
 * A person of these identities. Every profile is founded by one of its identities and every merge keeps them
 * all, so these are all ids under which anything of the person can stand.
 */
export function personOf(refs: Iterable<string>, profileIds: Iterable<string> = []): Person {
  const all = [...new Set(refs)].sort();
  const ids = new Set([...all.map(foundedProfileId), ...profileIds]);
  return { refs: all, profileIds: [...ids].sort() };
}
