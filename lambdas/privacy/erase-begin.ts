import { Logger } from '@aws-lambda-powertools/logger';
import { erasePerson } from '../../adapters/dynamodb/person-store.ts';
import { erasureRecords } from '../../adapters/s3/search-store.ts';
import { addCountsByArea, noCounts } from '../../core/privacy/counts.ts';
import { type SearchStep, searchStep } from '../../core/privacy/search.ts';
import { createPatientDynamoDb, createPatientS3, setting } from './privacy-environment.ts';

const logger = new Logger();
const records = erasureRecords({ client: createPatientS3(), bucket: setting('PRIVACY_BUCKET') });
const tables = {
  client: createPatientDynamoDb(),
  identitiesTable: setting('IDENTITIES_TABLE'),
  profilesTable: setting('PROFILES_TABLE'),
};

/**
 * The first step of an erasure: from here on the enricher drops what belongs to the past, and serving knows the
 * customer no more. What is stored elsewhere follows.
 */
export async function handler(input: unknown): Promise<SearchStep> {
  const { searchId } = searchStep.parse(input);
  let stored = await records.read(searchId);
  if (stored === undefined) throw new Error(`there is no erasure ${searchId}`);
  // The moment stands in the record before anything is done by it: a repetition divides at the same one.
  const erasedAt = stored.value.erasedAt ?? new Date().toISOString();
  stored = await records.write(searchId, { ...stored.value, erasedAt }, stored);
  const { value } = stored;
  const erasedAtMs = Date.parse(erasedAt);
  const { reason, isSuppressed, isMarked } = value;
  const mark = { erasureId: searchId, erasedAtMs, reason, isSuppressed };
  const isOld = (profile: { readonly firstSeenMs: number }) =>
    !isMarked || isSuppressed || profile.firstSeenMs <= erasedAtMs;
  const erased = await erasePerson(tables, value.person, mark, isOld);
  const counts = addCountsByArea(value.counts, {
    profiles: { ...noCounts, deleted: erased.profileCount },
    identities: { ...noCounts, rewritten: erased.linkCount },
  });
  const updatedAt = new Date().toISOString();
  const { person } = erased;
  await records.write(searchId, { ...value, isMarked: true, person, counts, updatedAt }, stored);
  logger.info('marked as erased', { erasureId: searchId, identities: person.refs.length });
  return searchStep.parse({ searchId, pass: value.pass });
}
