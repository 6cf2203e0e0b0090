import { createHash, createHmac, hash } from 'node:crypto';
import type { Identity, IdentityKind } from '../events/event.ts';

/** SHA-256 works on blocks of this many bytes, and gives this many. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Ids up to this length fit the buffer that is made once; longer ones get one of their own. */
const VALUE_BYTES_MAX = 2_048;

/**
 * Turns raw identifiers into the form that is stored: HMAC-SHA-256 under the environment's identity
 * secret, truncated to 128 bits, base64url: collision-free for any number of customers, at half the
 * size. An email is first normalised (trimmed, lower case) and
 * hashed with SHA-256, so that an ESP, which can compute only the plain SHA-256, can ask for the same
 * customer with `ofEmailSha256`. Made per batch: it remembers what it has hashed, because the calls of
 * a batch are mostly one customer's.
 *
 * HMAC is written out (RFC 2104) on the one-shot hash: a `createHmac` object per identifier costs
 * more than twice the time, and identifiers are hashed for every event.
 */
export class IdentityHasher {
  readonly #inner = Buffer.alloc(BLOCK_BYTES + VALUE_BYTES_MAX);
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  readonly #known = new Map<string, string>();
  readonly #espKeys = new Map<string, string>();
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
    const key = Buffer.alloc(BLOCK_BYTES);
    const bytes = Buffer.from(secret);
    (bytes.length > BLOCK_BYTES ? sha256(bytes) : bytes).copy(key);
    for (let index = 0; index < BLOCK_BYTES; index += 1) {
      const byte = key[index] ?? 0;
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
  }

  of(kind: IdentityKind, value: string): Identity {
    if (kind === 'email') return this.ofEmailSha256(emailSha256(value));
    return { kind, key: this.#keyOf(`${kind}:${value}`) };
  }

  /** The identity of a customer whose email's SHA-256 (64 hex digits of the normalised address) is known. */
  ofEmailSha256(sha256Hex: string): Identity {
    return { kind: 'email', key: this.#keyOf(`email:${sha256Hex.toLowerCase()}`) };
  }

  /**
   * The same customer's identity under the form that an ESP computes with its own key: `hmacHex` is
   * HMAC-SHA-256, in hex, of the address's SHA-256 in hex; see espKey.
   */
  ofEspHmac(esp: string, hmacHex: string): Identity {
    return { kind: 'email', key: this.#keyOf(`email-${esp}:${hmacHex.toLowerCase()}`) };
  }

  /** What `ofEspHmac` gives for the address with this SHA-256. */
  ofEmailForEsp(esp: string, sha256Hex: string): Identity {
    const known = this.#espKeys.get(esp) ?? espKey(esp, this.#secret);
    this.#espKeys.set(esp, known);
    return this.ofEspHmac(esp, hmacHex(known, sha256Hex.toLowerCase()));
  }

  #keyOf(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const key = this.#hmac(text);
    this.#known.set(text, key);
    return key;
  }

  #hmac(text: string): string {
    // As text: a Buffer per digest would cost more than the digest.
    this.#outer.write(hash('sha256', this.#innerBlock(text), 'binary'), BLOCK_BYTES, 'latin1');
    return truncated(hash('sha256', this.#outer, 'base64url'));
  }

  /** The padded key and the text behind it. */
  #innerBlock(text: string): Buffer {
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (text.length * 3 > VALUE_BYTES_MAX) {
      return Buffer.concat([this.#inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
    }
    return this.#inner.subarray(0, BLOCK_BYTES + this.#inner.write(text, BLOCK_BYTES));
  }
}

/** One identifier's stored form; see IdentityHasher. */
export function identityOf(kind: IdentityKind, value: string, secret: string): Identity {
  return new IdentityHasher(secret).of(kind, value);
}

/** The identity of a customer whose email's SHA-256 (64 hex digits of the normalised address) is known. */
export function emailSha256Identity(sha256Hex: string, secret: string): Identity {
  return new IdentityHasher(secret).ofEmailSha256(sha256Hex);
}

/** SHA-256, in lower-case hex, of the trimmed, lower-cased address: the form ESPs and ad networks use. */
export function emailSha256(address: string): string {
  return hash('sha256', address.trim().toLowerCase(), 'hex');
}

/**
 * The key that an ESP signs addresses with: derived from the identity secret, so that it needs no keeping of its
 * own, tells nothing of that secret, and differs for each ESP.
 */
export function espKey(esp: string, secret: string): string {
  return hmacHex(secret, `esp-key:${esp}`);
}

function hmacHex(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The key under which an identity is stored: `kind#hmac`. */
export function identityRef(identity: Identity): string {
  return `${identity.kind}#${identity.key}`;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Of 128 bits, 126 are in whole characters, and two in the one after them. */
const WHOLE_CHARACTERS = 21;

/** The base64url of the first 16 bytes of a digest, from the base64url of all of it. */
function truncated(digest: string): string {
  const last = BASE64URL.indexOf(digest.charAt(WHOLE_CHARACTERS));
  return digest.slice(0, WHOLE_CHARACTERS) + BASE64URL.charAt(last & 0b110000);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
