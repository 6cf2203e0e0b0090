import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type FoundPerson, findPerson } from '../../adapters/dynamodb/person-store.ts';
import { readSegmentation } from '../../adapters/dynamodb/segmentation.ts';
import { erasureRecords, exportRecords } from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { startExecution } from '../../adapters/stepfunctions/executions.ts';
import { mayHoldEmail } from '../../core/events/email-address.ts';
import { customerKeyOf, identitiesOfKey } from '../../core/identity/customer-key.ts';
import { ERASURE_REASON_LENGTH_MAX } from '../../core/identity/erased-identity.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { type Person, personOf } from '../../core/privacy/person.ts';
import { mayPersonalize } from '../../core/profile/may-personalize.ts';
import { nextPurchaseOf } from '../../core/profile/next-purchase.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { rfmOf } from '../../core/profile/rfm.ts';
import { segmentsOf } from '../../core/profile/segments.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRequest, OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

/** `GET /v1/customers/{id}`: what the tables have of a customer. What lies in S3 takes an export. */
export const showCustomerRoute: OperatorRoute = {
  method: 'GET',
  resource: '/customers/{id}',
  async handle(request, services) {
    const { found, person } = await customerOf(request, services);
    if (found.stored.size === 0 && found.links.size === 0 && found.erased.size === 0) {
      throw new Problem(
        404,
        'No table knows this customer. Refused calls may: start an export to search everything.',
      );
    }
    const erasures = [...found.erased].map(([identity, erased]) => ({
      identity,
      erasureId: erased.erasureId,
      erasedAt: new Date(erased.erasedAtMs).toISOString(),
      isSuppressed: erased.isSuppressed,
    }));
    const { refs: identities, profileIds } = person;
    const known = profileIds.filter((id) => found.stored.has(id));
    const profile = found.profile ?? null;
    const derived = found.profile === undefined ? null : await derivedOf(found.profile, services);
    return { status: 200, body: { identities, profileIds: known, profile, derived, erasures } };
  },
};

/** What follows from a profile at this moment, and is not stored. */
async function derivedOf(profile: Profile, { dynamoDb, setting, nowMs }: OperatorServices) {
  const { segments, bands, unusableIds } = await readSegmentation(
    dynamoDb,
    setting('CONFIG_TABLE'),
  );
  const moment = { nowMs: nowMs(), bands };
  return {
    segments: segmentsOf(profile, segments, moment),
    unusableSegments: unusableIds,
    rfm: rfmOf(profile, bands, moment.nowMs) ?? null,
    nextPurchase: nextPurchaseOf(profile.purchaseDays) ?? null,
    mayPersonalize: mayPersonalize(profile, 'email'),
  };
}

/** `POST /v1/customers/{id}/exports`: collects everything that is held of a customer. */
export const exportCustomerRoute: OperatorRoute = {
  method: 'POST',
  resource: '/customers/{id}/exports',
  async handle(request, services) {
    const { person } = await customerOf(request, services);
    return startExport(person, false, request, services);
  },
};

const flag = z.enum(['true', 'false']).default('false');
const erasureQuery = z.strictObject({
  reason: z
    .string()
    .max(ERASURE_REASON_LENGTH_MAX)
    .refine((text) => !mayHoldEmail(text), {
      error: 'holds an address; name the request by its number, the reason is kept for good',
    })
    .default('the customer’s request'),
  suppress: flag,
  dryRun: flag,
});

/** `DELETE /v1/customers/{id}`: erases a customer, or counts what an erasure would find. */
export const eraseCustomerRoute: OperatorRoute = {
  method: 'DELETE',
  resource: '/customers/{id}',
  async handle(request, services) {
    const asked = operatorInput(erasureQuery, request.query);
    const { person } = await customerOf(request, services);
    if (asked.dryRun === 'true') return startExport(person, true, request, services);
    const erasureId = randomUUID();
    const at = new Date(services.nowMs()).toISOString();
    await erasureRecords(privacyStore(services)).create(erasureId, {
      erasureId,
      status: 'running',
      requestedAt: at,
      requestedBy: request.principal,
      updatedAt: at,
      person,
      pass: 1,
      passesBefore: 0,
      plannedPass: 0,
      units: [],
      counts: {},
      reason: asked.reason,
      isSuppressed: asked.suppress === 'true',
      isMarked: false,
    });
    const machine = services.setting('ERASE_STATE_MACHINE_ARN');
    await startExecution(services.sfn, machine, { searchId: erasureId });
    return { status: 202, body: { erasureId } };
  },
};

async function startExport(
  person: Person,
  isCountOnly: boolean,
  request: OperatorRequest,
  services: OperatorServices,
) {
  const exportId = randomUUID();
  const at = new Date(services.nowMs()).toISOString();
  await exportRecords(privacyStore(services)).create(exportId, {
    exportId,
    status: 'running',
    requestedAt: at,
    requestedBy: request.principal,
    updatedAt: at,
    person,
    pass: 1,
    plannedPass: 0,
    units: [],
    counts: {},
    isCountOnly,
    parts: [],
  });
  const machine = services.setting('EXPORT_STATE_MACHINE_ARN');
  await startExecution(services.sfn, machine, { searchId: exportId });
  return { status: 202, body: { exportId } };
}

/** Everything that the key leads to, with what an earlier erasure of the same customer knew. */
async function customerOf(
  { path }: OperatorRequest,
  services: OperatorServices,
): Promise<{ found: FoundPerson; person: Person }> {
  const key = customerKeyOf(decoded(path.id ?? ''));
  if (key.kind !== 'opaque') throw new Problem(400, keyProblems[refusalOf(key)]);
  const secret = await readSecret(services.setting('IDENTITY_SECRET_ID'));
  const refs = identitiesOfKey(key.value, secret).map(identityRef);
  const tables = {
    client: services.dynamoDb,
    identitiesTable: services.setting('IDENTITIES_TABLE'),
    profilesTable: services.setting('PROFILES_TABLE'),
  };
  const found = await findPerson(tables, refs, key.value);
  const erasureIds = new Set([...found.erased.values()].map(({ erasureId }) => erasureId));
  const records = erasureRecords(privacyStore(services));
  const before = await Promise.all([...erasureIds].map((id) => records.read(id)));
  const more = before.flatMap((stored) => stored?.value.person.refs ?? []);
  const { refs: own, profileIds } = found.person;
  return { found, person: personOf([...own, ...more], profileIds) };
}

const keyProblems = {
  absent: 'The path names no customer.',
  email: 'A customer is named by an id or the SHA-256 of the address, never by the address itself.',
  length: 'The customer’s key is longer than any id.',
} as const;

function refusalOf(key: Exclude<ReturnType<typeof customerKeyOf>, { kind: 'opaque' }>) {
  return key.kind === 'absent' ? key.kind : key.cause;
}

/** Gateways differ in whether a path's parameter comes decoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function privacyStore({ s3, setting }: OperatorServices) {
  return { client: s3, bucket: setting('PRIVACY_BUCKET') };
}
