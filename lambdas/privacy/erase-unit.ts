import type { Context } from 'aws-lambda';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import {
  erasureRecords,
  readProgress,
  type Stored,
  writeProgress,
} from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import {
  type Erasure,
  noProgress,
  type SearchStep,
  searchStep,
} from '../../core/privacy/search.ts';
import { Trace } from '../../core/privacy/trace.ts';
import { createErasureSink } from './erasure-sink.ts';
import { planUnits } from './plan-units.ts';
import { dataBuckets, setting } from './privacy-environment.ts';
import { searchUnit } from './search-unit.ts';

/** Kept back for the object that is under way when the time is over: a large one takes minutes. */
const LAST_OBJECT_MS = 5 * 60_000;
/** S3 tells whole seconds, by its own clock. */
const CLOCK_DIFFERENCE_MS_MAX = 60_000;

const buckets = dataBuckets();
const client = createPatientS3();
const dynamoDb = createDynamoDbClient(PATIENCE);
const store = { client, bucket: setting('PRIVACY_BUCKET') };
const records = erasureRecords(store);

/** Lists a pass's pieces of work, or goes on with one of them. */
export async function handler(input: unknown, context: Context): Promise<SearchStep> {
  const step = searchStep.parse(input);
  const stored = await records.read(step.searchId);
  if (stored === undefined) throw new Error(`there is no erasure ${step.searchId}`);
  if (step.step === 'plan') return plan(step, stored);
  const { unit = 0, pass, searchId } = step;
  const { value } = stored;
  const wanted = value.units[unit];
  const place = { searchId, pass, unit };
  const progress = (await readProgress(store, place)) ?? noProgress;
  if (wanted === undefined || progress.isDone) return { ...step, isDone: true };
  const trace = new Trace(value.person, await hasher(), {
    erasedAtMs: Date.parse(value.erasedAt ?? ''),
    isSuppressed: value.isSuppressed,
  });
  const sink = createErasureSink({
    dynamoDb,
    dedupeTable: setting('DEDUPE_TABLE'),
    store,
    erasureId: searchId,
    pass,
    nowMs: Date.now,
  });
  const ports = { client, buckets, trace, sink, isErasing: true, nowMs: Date.now };
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - LAST_OBJECT_MS;
  const changedSinceMs = value.changedSince === undefined ? 0 : Date.parse(value.changedSince);
  const after = await searchUnit(wanted, progress, ports, { changedSinceMs, deadlineMs });
  await writeProgress(store, place, after);
  return { ...step, isDone: after.isDone };
}

/** Later passes look at what was written since the one before began: by it, by Firehose, by compaction. */
async function plan(step: SearchStep, stored: Stored<Erasure>): Promise<SearchStep> {
  const { value } = stored;
  // Progress is by the number of a piece, so a pass that was begun is gone on with as it was planned.
  if (value.plannedPass === value.pass) {
    return { ...step, pass: value.pass, unitCount: value.units.length };
  }
  const now = Date.now();
  const units = await planUnits(client, buckets);
  const isFirst = value.pass === value.passesBefore + 1;
  const before = value.passStartedAt;
  const changedSince =
    isFirst || before === undefined
      ? undefined
      : new Date(Date.parse(before) - CLOCK_DIFFERENCE_MS_MAX).toISOString();
  const passStartedAt = new Date(now).toISOString();
  const { changedSince: _, ...rest } = value;
  const planned = {
    ...rest,
    units,
    plannedPass: value.pass,
    passStartedAt,
    updatedAt: passStartedAt,
    ...(changedSince !== undefined && { changedSince }),
  };
  await records.write(step.searchId, planned, stored);
  return { ...step, pass: value.pass, unitCount: units.length };
}

async function hasher(): Promise<IdentityHasher> {
  return new IdentityHasher(await readSecret(setting('IDENTITY_SECRET_ID')));
}
