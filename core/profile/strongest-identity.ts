import { type Identity, identity } from '../events/event.ts';
import { strongestFirst } from '../identity/profile-id.ts';
import type { Profile } from './profile.ts';

/** The identity that leads to the profile for certain. */
export function strongestIdentityOf({
  identities,
}: Pick<Profile, 'identities'>): Identity | undefined {
  const known = identities.flatMap((ref): Identity[] => {
    const at = ref.indexOf('#');
    const parsed = identity.safeParse({ kind: ref.slice(0, at), key: ref.slice(at + 1) });
    return parsed.success ? [parsed.data] : [];
  });
  const [ref = ''] = strongestFirst(known);
  return known.find(({ kind, key }) => ref === `${kind}#${key}`);
}
