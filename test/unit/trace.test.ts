import { describe, expect, it } from 'vitest';
import { emailSha256, IdentityHasher, identityRef } from '../../core/identity/identity-key.ts';
import { certify, isGenuine } from '../../core/privacy/certificate.ts';
import { personOf, refOfProfileId } from '../../core/privacy/person.ts';
import {
  judgeAbandonedBatch,
  judgeEventLine,
  judgeImportedCall,
  judgePoison,
  judgeRefusedCall,
  judgeRejectedRow,
  judgeUndelivered,
  Trace,
} from '../../core/privacy/trace.ts';
import { trackEvent } from './event-maker.ts';

const hasher = new IdentityHasher('secret');
const ADDRESS = 'anna@example.com';
const anna = hasher.of('userId', '42');
const email = hasher.of('email', ADDRESS);
const bert = hasher.of('userId', 'bert');
const trace = new Trace(personOf([anna, email].map(identityRef)), hasher);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const line = (identities = [anna]) => JSON.stringify(trackEvent('Any', { identities }));
const refused = (event: unknown) =>
  JSON.stringify({ id: 'x', receivedAt: '2026-01-01T00:00:00.000Z', event });

describe('a refused call', () => {
  it.each([
    ['by the user’s id', { userId: '42' }],
    ['by an id that is a number', { userId: 42 }],
    ['by an id among the traits', { traits: { user_id: '42' } }],
    ['by a former id', { previousId: '42' }],
    ['by the address', { traits: { email: ADDRESS } }],
    ['by the address as quarantine writes it', { note: `email_sha256:${emailSha256(ADDRESS)}` }],
  ])('names a customer %s', (_, event) => {
    expect(judgeRefusedCall(refused(event), trace).kind).toBe('theirs');
  });

  it.each([
    ['an item', { properties: { product_id: '42', quantity: 42 } }],
    ['another customer', { userId: 'bert', traits: { email: 'bert@example.com' } }],
    ['a longer id', { userId: '421' }],
  ])('of %s is not theirs', (_, event) => {
    expect(judgeRefusedCall(refused(event), trace)).toEqual({ kind: 'unrelated' });
  });

  it('that came after the erasure stays', () => {
    const later = new Trace(personOf([identityRef(anna)]), hasher, {
      erasedAtMs: Date.UTC(2025, 0, 1),
      isSuppressed: false,
    });
    expect(judgeRefusedCall(refused({ userId: '42' }), later).kind).toBe('unrelated');
  });
});

describe('what could not be read', () => {
  it('is theirs if it names them, packed or not', () => {
    expect(judgePoison(JSON.stringify({ data: base64(line()) }), trace).kind).toBe('theirs');
    expect(judgePoison(JSON.stringify({ data: base64('{"userId":"42"') }), trace).kind).toBe(
      'unrelated',
    );
    expect(judgePoison(JSON.stringify({ data: base64(line([bert])) }), trace).kind).toBe(
      'unrelated',
    );
    const undelivered = JSON.stringify({ attemptsMade: 1, rawData: base64(line()) });
    expect(judgeUndelivered(undelivered, trace).kind).toBe('theirs');
    expect(judgeEventLine(line().slice(0, -5), trace).kind).toBe('theirs');
  });

  it('of many customers loses theirs alone', () => {
    const record = (identities: (typeof anna)[]) => ({
      kinesis: { data: base64(line(identities)) },
    });
    const batch = (Records: object[]) => JSON.stringify({ payload: JSON.stringify({ Records }) });
    const judged = judgeAbandonedBatch(batch([record([anna]), record([bert])]), trace);
    expect(judged).toMatchObject({ kind: 'partly', left: batch([record([bert])]) });
    expect(judgeAbandonedBatch(batch([record([anna])]), trace).kind).toBe('theirs');
    expect(judgeAbandonedBatch(batch([record([bert])]), trace).kind).toBe('unrelated');
  });
});

describe('rows of a file', () => {
  it('are theirs by the address, or by the id where a call has one', () => {
    expect(judgeRejectedRow(`17;${ADDRESS};x`, trace).kind).toBe('theirs');
    expect(judgeRejectedRow('42;bert@example.com;x', trace).kind).toBe('unrelated');
    const call = (userId: string) => JSON.stringify({ rows: 1, call: { userId } });
    expect(judgeImportedCall(call('42'), trace).kind).toBe('theirs');
    expect(judgeImportedCall(call('43'), trace).kind).toBe('unrelated');
  });
});

describe('a person', () => {
  it('has the id of every profile that an identity can have founded', () => {
    expect(personOf([identityRef(anna)]).profileIds).toEqual([`u_${anna.key}`]);
    expect(refOfProfileId(`u_${anna.key}`)).toBe(identityRef(anna));
    expect(refOfProfileId(`e_${email.key}`)).toBe(identityRef(email));
    expect(refOfProfileId('u_short')).toBeUndefined();
  });
});

describe('a certificate', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const signed = certify(
    {
      erasure: {
        erasureId: '0b0a6c1e-0000-4000-8000-000000000000',
        status: 'running',
        requestedAt: at,
        requestedBy: 'arn:aws:iam::1:user/officer',
        updatedAt: at,
        person: personOf([identityRef(anna)]),
        pass: 2,
        passesBefore: 0,
        plannedPass: 2,
        units: [],
        counts: {},
        reason: 'request 1',
        isSuppressed: false,
        isMarked: true,
      },
      erasedAt: at,
      finishedAt: at,
      counts: {},
      passes: 2,
    },
    'certificate secret',
  );

  it('shows every change', () => {
    expect(isGenuine(signed, 'certificate secret')).toBe(true);
    expect(isGenuine(JSON.parse(JSON.stringify(signed)), 'certificate secret')).toBe(true);
    expect(isGenuine(signed, 'another secret')).toBe(false);
    const certificate = { ...signed.certificate, reason: 'another' };
    expect(isGenuine({ ...signed, certificate }, 'certificate secret')).toBe(false);
    expect(isGenuine({ ...signed, signature: '' }, 'certificate secret')).toBe(false);
  });

  it('names no identity', () => {
    expect(JSON.stringify(signed)).not.toContain(anna.key);
    expect(signed.certificate.identities).toHaveLength(1);
  });
});
