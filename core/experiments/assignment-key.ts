import { foundedProfileId } from '../identity/profile-id.ts';

/**
 * The key that a customer is dealt by: the profile's id, or, where there is no profile yet, the id of the one that
 * the customer's first event will found. So a customer of whom nothing is known yet, asked for by whatever form of
 * the key, gets what the profile will get. `refs` are identity references, the strongest first.
 */
export function assignmentKeyOf(
  profile: { readonly profileId: string } | undefined,
  refs: readonly string[],
): string | undefined {
  if (profile !== undefined) return profile.profileId;
  const [strongest] = refs;
  return strongest === undefined ? undefined : foundedProfileId(strongest);
}
