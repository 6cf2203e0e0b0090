import { type Channel, consentFor } from './channel-consent.ts';
import type { Profile } from './profile.ts';
import { isSuppressed } from './suppression.ts';

/**
 * Whether a channel may show this customer what was chosen for them: not once they refused
 * personalisation, in general or on the channel, and not while the channel is closed. Silence is no refusal:
 * a shop that needs consent first sends a refusal for everybody who hasn't given it.
 */
export function mayPersonalize(
  profile: Pick<Profile, 'consent' | 'channelConsent' | 'suppression'>,
  channel: Channel,
): boolean {
  return (
    !isSuppressed(profile, channel) && consentFor(profile, channel, 'personalization') !== 'refused'
  );
}
