import { Logger } from '@aws-lambda-powertools/logger';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { erasePerson, type LeavingItems } from '../../adapters/dynamodb/person-store.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { erasureRecords } from '../../adapters/s3/search-store.ts';
import { addCountsByArea, noCounts } from '../../core/privacy/counts.ts';
import { type Erasure, type SearchStep, searchStep } from '../../core/privacy/search.ts';
import { setting } from './privacy-environment.ts';

const logger = new Logger();
const records = erasureRecords({ client: createPatientS3(), bucket: setting('PRIVACY_BUCKET') });
const tables = {
  client: createDynamoDbClient(PATIENCE),
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
  const erasedAtMs = Date.parse(erasedAt);
  const { reason, isSuppressed, isMarked, pass } = stored.value;
  const mark = { erasureId: searchId, erasedAtMs, reason, isSuppressed };
  const isOld = (profile: { readonly firstSeenMs: number }) =>
    !isMarked || isSuppressed || profile.firstSeenMs <= erasedAtMs;
  let noted = stored;
  await erasePerson(tables, noted.value.person, mark, isOld, async (found) => {
    const { person } = found;
    const leaving = withAll(noted.value.leaving, found);
    noted = await records.write(searchId, { ...noted.value, person, leaving }, noted);
  });
  const { leaving, ...value } = noted.value;
  const counts = addCountsByArea(value.counts, {
    profiles: { ...noCounts, deleted: leaving?.profileIds.length ?? 0 },
    identities: { ...noCounts, rewritten: leaving?.linkedRefs.length ?? 0 },
  });
  const updatedAt = new Date().toISOString();
  await records.write(searchId, { ...value, isMarked: true, counts, updatedAt }, noted);
  logger.info('marked as erased', { erasureId: searchId, identities: value.person.refs.length });
  return searchStep.parse({ searchId, pass });
}

/** With what an attempt before this one had begun to take out, each once. */
function withAll(
  before: Erasure['leaving'],
  { profileIds, linkedRefs }: LeavingItems,
): NonNullable<Erasure['leaving']> {
  return {
    profileIds: [...new Set([...(before?.profileIds ?? []), ...profileIds])],
    linkedRefs: [...new Set([...(before?.linkedRefs ?? []), ...linkedRefs])],
  };
}
