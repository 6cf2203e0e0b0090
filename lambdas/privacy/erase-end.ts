import { Logger } from '@aws-lambda-powertools/logger';
import { deleteFacts } from '../../adapters/dynamodb/inspector-erasure.ts';
import {
  deleteExportsOf,
  deleteWork,
  erasureRecords,
  putCertificate,
  readMessageIds,
  type Stored,
} from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { certify } from '../../core/privacy/certificate.ts';
import { addCountsByArea, changeCount, noCounts } from '../../core/privacy/counts.ts';
import { type Erasure, type SearchStep, searchStep } from '../../core/privacy/search.ts';
import { createPatientDynamoDb, createPatientS3, setting } from './privacy-environment.ts';
import { sumPass } from './sum-pass.ts';

/** A search that still finds something after so many passes meets something that writes it anew. */
const PASSES_MAX = 6;

const logger = new Logger();
const store = { client: createPatientS3(), bucket: setting('PRIVACY_BUCKET') };
const records = erasureRecords(store);
const dynamoDb = createPatientDynamoDb();

/** Adds a pass up: another one follows until one has found nothing, then the certificate is made. */
export async function handler(input: unknown): Promise<SearchStep> {
  const step = searchStep.parse(input);
  const { searchId, pass, error } = step;
  const stored = await records.read(searchId);
  if (stored === undefined) throw new Error(`there is no erasure ${searchId}`);
  const { value } = stored;
  if (error !== undefined) {
    await records.write(
      searchId,
      { ...value, status: 'failed', problem: error.Error ?? 'unknown', updatedAt: now() },
      stored,
    );
    return step;
  }
  // This step was done before, and its answer was lost.
  if (value.status === 'done') return { ...step, isDone: true };
  if (value.pass !== pass) return { ...step, pass: value.pass };
  const sum = await sumPass(store, searchId, pass, value.units);
  const counts = addCountsByArea(value.counts, sum.counts);
  const passCount = pass - value.passesBefore;
  const isClean = changeCount(sum.counts) === 0;
  if (isClean && passCount > 1) {
    await finish(stored, { ...value, counts });
    return { ...step, isDone: true };
  }
  if (passCount >= PASSES_MAX) {
    throw new Error(
      `${PASSES_MAX} passes have each found something; see the runbook erasure-failed`,
    );
  }
  await records.write(searchId, { ...value, counts, pass: pass + 1, updatedAt: now() }, stored);
  return { ...step, pass: pass + 1 };
}

async function finish(stored: Stored<Erasure>, value: Erasure): Promise<void> {
  const { erasureId } = value;
  const facts = await deleteFacts(
    dynamoDb,
    setting('INSPECTOR_TABLE'),
    await readMessageIds(store, erasureId),
  );
  const exportCount = await deleteExportsOf(store, new Set(value.person.refs));
  const counts = addCountsByArea(value.counts, {
    exports: { ...noCounts, deleted: exportCount },
    inspector: {
      ...noCounts,
      scanned: facts.scannedCount,
      rewritten: facts.pageCount,
      records: facts.factCount,
    },
  });
  const finishedAt = now();
  const signed = certify(
    {
      erasure: value,
      erasedAt: value.erasedAt ?? finishedAt,
      finishedAt,
      counts,
      passes: value.pass,
    },
    await readSecret(setting('CERTIFICATE_SECRET_ID')),
  );
  const certificateKey = `${erasureId}/${finishedAt.replaceAll(':', '-')}.json`;
  await putCertificate(store, certificateKey, signed);
  const { problem: _, changedSince: __, ...rest } = value;
  const done = {
    ...rest,
    status: 'done' as const,
    counts,
    units: [],
    certificateKey,
    finishedAt,
    updatedAt: finishedAt,
  };
  await records.write(erasureId, done, stored);
  await deleteWork(store, erasureId);
  logger.info('erased', { erasureId, passes: value.pass });
}

function now(): string {
  return new Date().toISOString();
}
