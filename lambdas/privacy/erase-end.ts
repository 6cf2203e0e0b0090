import { Logger } from '@aws-lambda-powertools/logger';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { deleteFacts } from '../../adapters/dynamodb/inspector-erasure.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import {
  deleteExportsOf,
  deleteWork,
  erasureRecords,
  noteChange,
  putCertificate,
  readChanges,
  readMessageIds,
  type Stored,
} from '../../adapters/s3/search-store.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { certify } from '../../core/privacy/certificate.ts';
import {
  type AreaCounts,
  addCountsByArea,
  type CountsByArea,
  changeCount,
  noCounts,
} from '../../core/privacy/counts.ts';
import { type Erasure, type SearchStep, searchStep } from '../../core/privacy/search.ts';
import { setting } from './privacy-environment.ts';
import { sumPass } from './sum-pass.ts';

/** A search that still finds something after so many passes meets something that writes it anew. */
const PASSES_MAX = 6;

const logger = new Logger();
const store = { client: createPatientS3(), bucket: setting('PRIVACY_BUCKET') };
const records = erasureRecords(store);
const dynamoDb = createDynamoDbClient(PATIENCE);

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
  if (value.status === 'done') {
    await deleteWork(store, searchId);
    return { ...step, isDone: true };
  }
  if (value.pass !== pass) return { ...step, pass: value.pass };
  const sum = await sumPass(store, searchId, pass, value.units);
  const ofPass = withNoted(sum.counts, await readChanges(store, searchId, `pass-${pass}`));
  const counts = addCountsByArea(value.counts, ofPass);
  const passCount = pass - value.passesBefore;
  const isClean = changeCount(ofPass) === 0;
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
  const note = (what: string, area: string, counts: Partial<AreaCounts>) =>
    noteChange(store, erasureId, 'end', what, { area, counts: { ...noCounts, ...counts } });
  const scanned = await deleteFacts(
    dynamoDb,
    setting('INSPECTOR_TABLE'),
    await readMessageIds(store, erasureId),
    (page, records) => note(page, 'inspector', { rewritten: 1, records }),
  );
  await deleteExportsOf(store, new Set(value.person.refs), (exportId) =>
    note(exportId, 'exports', { deleted: 1 }),
  );
  const looked = { exports: noCounts, inspector: { ...noCounts, scanned } };
  const noted = addCountsByArea(looked, await readChanges(store, erasureId, 'end'));
  const counts = addCountsByArea(value.counts, noted);
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
  // Made again it takes the place of the one that nobody was told of.
  const certificateKey = `${erasureId}/pass-${value.pass}.json`;
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

/**
 * What a pass has changed, by what was noted before each change: of steps that died, nothing else tells it. Objects
 * that such a step deleted were looked at too.
 */
function withNoted(counted: CountsByArea, noted: CountsByArea): CountsByArea {
  const areas = new Set([...Object.keys(counted), ...Object.keys(noted)]);
  return Object.fromEntries(
    Array.from(areas, (area) => {
      const { scanned, deleted, unreadable } = counted[area] ?? noCounts;
      const changes = noted[area] ?? noCounts;
      const isLookedThrough = counted[area] !== undefined;
      const lostCount = isLookedThrough ? changes.deleted - deleted : 0;
      return [area, { ...changes, scanned: scanned + lostCount, unreadable }];
    }),
  );
}

function now(): string {
  return new Date().toISOString();
}
