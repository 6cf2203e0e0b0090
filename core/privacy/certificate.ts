/**
 * What states that a customer was erased: what was deleted where, when, and at whose request. It names the
 * customer's identities by hashes under a key of its own, so that who holds an identity can check that it is
 * among them, and nobody can look one up.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson } from '../profile/canonical-json.ts';
import { type CountsByArea, countsByArea } from './counts.ts';
import { expiringDatasets } from './datasets.ts';
import type { Erasure } from './search.ts';

export const certificate = z.strictObject({
  format: z.literal('kindred-erasure-certificate'),
  formatVersion: z.literal(1),
  erasureId: z.uuid(),
  requestedAt: z.iso.datetime(),
  /** The IAM principal who asked. */
  requestedBy: z.string(),
  reason: z.string(),
  isSuppressed: z.boolean(),
  /** What happened or was received up to this moment is erased. */
  erasedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  identities: z.array(z.strictObject({ kind: z.string(), digest: z.string() })),
  /** Searches through all areas; the last one found nothing. */
  passes: z.int().positive(),
  /** By area of S3, and by store. */
  counts: countsByArea,
  /** What cannot be searched for a person, and goes by itself. */
  expiring: z.array(z.strictObject({ place: z.string(), withinDays: z.number(), why: z.string() })),
});
export type Certificate = z.infer<typeof certificate>;

export const signedCertificate = z.strictObject({
  certificate,
  /** SHA-256 of the certificate's canonical JSON, hex. */
  sha256: z.string(),
  /** HMAC-SHA-256 of the same under the environment's certificate secret, hex. */
  signature: z.string(),
});
export type SignedCertificate = z.infer<typeof signedCertificate>;

export interface CertificateFacts {
  readonly erasure: Erasure;
  readonly erasedAt: string;
  readonly finishedAt: string;
  readonly counts: CountsByArea;
  readonly passes: number;
}

export function certify(facts: CertificateFacts, secret: string): SignedCertificate {
  const { erasure, erasedAt, finishedAt, counts, passes } = facts;
  const { erasureId, requestedAt, requestedBy, reason, isSuppressed, person } = erasure;
  const statement: Certificate = {
    format: 'kindred-erasure-certificate',
    formatVersion: 1,
    erasureId,
    requestedAt,
    requestedBy,
    reason,
    isSuppressed,
    erasedAt,
    finishedAt,
    identities: person.refs.map((ref) => ({
      kind: ref.slice(0, ref.indexOf('#')),
      digest: hmac(ref, secret),
    })),
    passes,
    counts,
    expiring: expiringDatasets(),
  };
  const text = canonicalJson(statement);
  return {
    certificate: statement,
    sha256: createHash('sha256').update(text).digest('hex'),
    signature: hmac(text, secret),
  };
}

/** Whether it is as it was signed. */
export function isGenuine({ certificate, sha256, signature }: SignedCertificate, secret: string) {
  const text = canonicalJson(certificate);
  const isWhole = createHash('sha256').update(text).digest('hex') === sha256;
  const expected = Buffer.from(hmac(text, secret));
  const given = Buffer.from(signature);
  return isWhole && expected.length === given.length && timingSafeEqual(expected, given);
}

function hmac(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
