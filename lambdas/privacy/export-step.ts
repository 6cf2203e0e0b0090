import type { Context } from 'aws-lambda';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import {
  deleteWork,
  exportParts,
  exportRecords,
  readProgress,
  type Stored,
  writeProgress,
} from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import {
  type CustomerExport,
  noProgress,
  type SearchStep,
  searchStep,
} from '../../core/privacy/search.ts';
import { Trace } from '../../core/privacy/trace.ts';
import { createExportSink, nothingKept } from './export-sink.ts';
import { planUnits } from './plan-units.ts';
import { dataBuckets, setting } from './privacy-environment.ts';
import { searchUnit } from './search-unit.ts';
import { sumPass } from './sum-pass.ts';

/** Kept back for the object that is under way when the time is over. */
const LAST_OBJECT_MS = 5 * 60_000;

const buckets = dataBuckets();
const client = createPatientS3();
const store = { client, bucket: setting('PRIVACY_BUCKET') };
const records = exportRecords(store);

/** A step of an export, or of a dry run of an erasure: lists the work, goes on with a piece, or ends. Only reads. */
export async function handler(input: unknown, context: Context): Promise<SearchStep> {
  const step = searchStep.parse(input);
  const stored = await records.read(step.searchId);
  if (stored === undefined) throw new Error(`there is no export ${step.searchId}`);
  if (step.error !== undefined) return fail(step, stored);
  switch (step.step) {
    case 'plan':
      return plan(step, stored);
    case 'unit':
      return unit(step, stored.value, context);
    case 'finish':
      return finish(step, stored);
  }
}

async function plan(step: SearchStep, stored: Stored<CustomerExport>): Promise<SearchStep> {
  const { value } = stored;
  if (value.plannedPass === value.pass) return { ...step, unitCount: value.units.length };
  const units = await planUnits(client, buckets);
  const planned = { ...value, units, plannedPass: value.pass, updatedAt: now() };
  await records.write(step.searchId, planned, stored);
  return { ...step, unitCount: units.length };
}

async function unit(
  step: SearchStep,
  { person, units, isCountOnly }: CustomerExport,
  context: Context,
): Promise<SearchStep> {
  const { searchId, pass, unit: number = 0 } = step;
  const wanted = units[number];
  const place = { searchId, pass, unit: number };
  const progress = (await readProgress(store, place)) ?? noProgress;
  if (wanted === undefined || progress.isDone) return { ...step, isDone: true };
  const secret = await readSecret(setting('IDENTITY_SECRET_ID'));
  const trace = new Trace(person, new IdentityHasher(secret));
  const sink = isCountOnly
    ? nothingKept
    : createExportSink(store, searchId, number, progress.partCount);
  const ports = { client, buckets, trace, sink, isErasing: false, nowMs: Date.now };
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - LAST_OBJECT_MS;
  const after = await searchUnit(wanted, progress, ports, { changedSinceMs: 0, deadlineMs });
  await writeProgress(store, place, after);
  return { ...step, isDone: after.isDone };
}

async function finish(step: SearchStep, stored: Stored<CustomerExport>): Promise<SearchStep> {
  const { value } = stored;
  // This step was done before, and its answer was lost.
  if (value.status === 'done') return { ...step, isDone: true };
  const { counts } = await sumPass(store, step.searchId, value.pass, value.units);
  const parts = await exportParts(store, step.searchId);
  const finishedAt = now();
  const done = { ...value, status: 'done' as const, counts, parts, units: [] };
  await records.write(step.searchId, { ...done, finishedAt, updatedAt: finishedAt }, stored);
  await deleteWork(store, step.searchId);
  return { ...step, isDone: true };
}

async function fail(step: SearchStep, stored: Stored<CustomerExport>): Promise<SearchStep> {
  const problem = step.error?.Error ?? 'unknown';
  const failed = { ...stored.value, status: 'failed' as const, problem, updatedAt: now() };
  await records.write(step.searchId, failed, stored);
  return step;
}

function now(): string {
  return new Date().toISOString();
}
