import type { RecordMapping } from '../mapping/record-mapping.ts';

/** A request as it came over the wire. */
export interface WebhookRequest {
  /** The bytes that were signed, nothing undone but the transport's encoding. */
  readonly body: Buffer;
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

export interface VerificationContext {
  /** The source's secrets, by their names. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly nowMs: number;
  /** How far the signed time may lie from now, either way. */
  readonly toleranceMs: number;
  /** SNS topics that may send; other ESPs have none. */
  readonly topicArns: readonly string[];
  /** The certificate (PEM) behind a URL that has been checked. */
  readonly certificate: (url: string) => Promise<string>;
}

/** Why a request isn't believed; counted, never told to its sender. */
export const refusalCauses = ['unsigned', 'forged', 'stale', 'replayed', 'foreign'] as const;
export type RefusalCause = (typeof refusalCauses)[number];

export type Verification =
  | {
      readonly kind: 'verified';
      /** Where the signature doesn't cover the body: what it covers may be used for one body only. */
      readonly onceOnly?: string;
    }
  | { readonly kind: 'refused'; readonly cause: RefusalCause };

/** One thing that an ESP says of one recipient. */
export interface VendorEvent {
  /** The last part of its mapping's id; undefined for what is of another channel than email. */
  readonly kind: string | undefined;
  /** The ESP's own id of the event, the same whenever it is sent again. */
  readonly id: string;
  readonly record: unknown;
  /** What tells machines from people, as far as the ESP says it. */
  readonly maker?: Maker;
}

/** Who or what opened or clicked. */
export interface Maker {
  /** The ESP's own verdict that it was a machine. */
  readonly isMachine?: boolean;
  readonly userAgent?: string | undefined;
  /** From the sending of the mail to the opening or click. */
  readonly sinceSentMs?: number | undefined;
}

export type Reading =
  | { readonly kind: 'events'; readonly events: readonly VendorEvent[] }
  /** A request to confirm a subscription by a GET of `url`, which has been checked. */
  | { readonly kind: 'subscription'; readonly url: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly problem: string };

/** One ESP's webhook: how its requests are believed, read and mapped. One file each, all of this shape. */
export interface VendorWebhook {
  /** How long after the signed time the ESP may still send the request, its retries included. */
  readonly toleranceSeconds: number;
  /** Checks the raw request. @throws SecretMissingError when the source has no secret to check with. */
  readonly verify: (
    request: WebhookRequest,
    context: VerificationContext,
  ) => Verification | Promise<Verification>;
  /** Reads the JSON of a verified request. */
  readonly read: (body: unknown) => Reading;
  readonly mappings: readonly RecordMapping[];
}
