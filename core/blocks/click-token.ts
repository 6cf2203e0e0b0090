import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { identity } from '../events/event.ts';

/**
 * The token of a click's redirect, `<payload>.<signature>`: the payload is the base64url of a JSON array,
 * so that a link in a mail stays short, and
 *
 *   signature = base64url(HMAC-SHA-256(secret, payload))
 *
 * under a secret that signs nothing else. Who clicked stands there as the stored form of an identity (an
 * HMAC, see core/identity/identity-key.ts): a link that is forwarded or logged tells nobody's address or id.
 */
export interface Click {
  readonly url: string;
  readonly placement: string;
  readonly itemId: string;
  /** Of whom the block was asked for: `kind#hmac`; empty where that is nobody. */
  readonly identityRef: string;
  readonly experiment: string;
  readonly variant: string;
  /** The ESP's id of the mailing, where the request named one. */
  readonly campaign: string;
}

export type ClickVerdict =
  | { readonly kind: 'valid' | 'expired'; readonly click: Click }
  | { readonly kind: 'invalid' };

const CLICK_TOKEN_VERSION = 1;

const payloadForm = z.tuple([
  z.literal(CLICK_TOKEN_VERSION),
  z.int().positive(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
]);

/** A SHA-256 in unpadded base64url. */
const TOKEN_FORM = /^([A-Za-z0-9_-]{1,8000})\.([A-Za-z0-9_-]{43})$/;

export function makeClickToken(click: Click, expiresAtS: number, secret: string): string {
  const { url, placement, itemId, identityRef, experiment, variant, campaign } = click;
  const parts = [url, placement, itemId, identityRef, experiment, variant, campaign];
  const json = JSON.stringify([CLICK_TOKEN_VERSION, expiresAtS, ...parts]);
  const payload = Buffer.from(json).toString('base64url');
  return `${payload}.${sign(payload, secret).toString('base64url')}`;
}

/** Judges a token in constant time with respect to the secret; only a genuine one is told that it has expired. */
export function readClickToken(token: string, nowS: number, secret: string): ClickVerdict {
  const [, payload, signature] = TOKEN_FORM.exec(token) ?? [];
  if (payload === undefined || signature === undefined) return { kind: 'invalid' };
  const given = Buffer.from(signature, 'base64url');
  // The last character of 43 carries two bits that decoding drops; only its canonical form is ours.
  const isCanonical = given.toString('base64url') === signature;
  if (!timingSafeEqual(sign(payload, secret), given) || !isCanonical) return { kind: 'invalid' };
  const parsed = payloadForm.safeParse(
    JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
  );
  if (!parsed.success) return { kind: 'invalid' };
  const [, expiresAtS, url, placement, itemId, ref, experiment, variant, campaign] = parsed.data;
  const click = { url, placement, itemId, identityRef: ref, experiment, variant, campaign };
  return { kind: expiresAtS > nowS ? 'valid' : 'expired', click };
}

/** The identity that a token names, or nothing where it names nobody. */
export function identityOfClick({
  identityRef,
}: Pick<Click, 'identityRef'>): z.infer<typeof identity> | undefined {
  const [kind, key] = identityRef.split('#');
  return identity.safeParse({ kind, key }).data;
}

function sign(payload: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(payload).digest();
}
