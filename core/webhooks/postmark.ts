import { isJsonObject } from '../events/json-value.ts';
import { postmarkMappings } from '../mapping/vendors/postmark.ts';
import { isSameText, refused, secretValues, VERIFIED } from './signature.ts';
import { contentId } from './vendor-calls.ts';
import type { Reading, VendorWebhook, Verification } from './vendor-webhook.ts';

/**
 * Postmark's webhooks: HTTP Basic with a name and a password of the operator's choice; nothing is
 * signed and no time is sent, so a repeat is known by its content alone.
 * Source: https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook
 */
export const postmarkWebhook: VendorWebhook = {
  // Nothing says when a request was made.
  toleranceSeconds: 0,
  mappings: postmarkMappings,
  verify({ header }, { secrets }): Verification {
    const [username = ''] = secretValues(secrets, 'username');
    const passwords = secretValues(secrets, 'password');
    const encoded = /^basic\s+(\S+)$/i.exec(header('authorization') ?? '')?.[1];
    if (encoded === undefined) return refused('unsigned');
    const given = Buffer.from(encoded, 'base64').toString('utf8');
    const isKnown = passwords
      .map((password) => isSameText(given, `${username}:${password}`))
      .some((isSame) => isSame);
    return isKnown ? VERIFIED : refused('forged');
  },
  read(body): Reading {
    if (!isJsonObject(body)) return { kind: 'malformed', problem: 'expected an object' };
    const { ID: id, UserAgent: userAgent } = body;
    const kind = kindOf(body);
    const event = {
      kind,
      // Bounces and complaints are numbered in one row; nothing else has an id of its own.
      id: typeof id === 'number' ? `${kind}-${id}` : contentId(body),
      record: body,
      maker: { userAgent: typeof userAgent === 'string' ? userAgent : undefined },
    };
    return { kind: 'events', events: [event] };
  },
};

/** A suppression says why: only the recipient's own wish is a goodbye. */
function kindOf(body: Record<string, unknown>): string {
  const { RecordType: kind, SuppressSending: isSuppressed, SuppressionReason: reason } = body;
  if (kind !== 'SubscriptionChange') return typeof kind === 'string' ? kind : 'unknown';
  if (isSuppressed !== true) return 'Resubscribed';
  return reason === 'ManualSuppression' ? 'SubscriptionEnded' : 'Suppressed';
}
