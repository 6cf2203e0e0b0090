/**
 * Every place that holds anything, how long it is kept and why, and what an erasure does about it. Lifecycle
 * rules of the buckets, times to live of the tables and the table in the documentation come from this list, and
 * certificates say by it what goes by itself.
 */

import * as z from 'zod';

/** How long: days, a setting of the environment, or for good. */
export type Retention = number | RetentionSetting | 'kept';
export type RetentionSetting =
  | 'lakeRetentionDays'
  | 'profileRetentionDays'
  | 'snapshotRetentionDays';

export type ErasureOf =
  /** It is searched, and what is the person's is taken out. */
  | 'erased'
  /** A person can't be found in it; it goes by itself. */
  | 'expires'
  /** Nothing of a customer is in it. */
  | 'nothing personal'
  /** It is what keeps the erasure true. */
  | 'stays';

export interface Dataset {
  readonly place: Place;
  readonly holds: string;
  readonly retention: Retention;
  /** Why so long. */
  readonly reason: string;
  readonly erasure: ErasureOf;
  /** Of what only expires: why nobody can be found in it. */
  readonly why?: string;
}

export const bucketName = z.enum([
  'lake',
  'models',
  'quarantine',
  'failures',
  'drop',
  'privacy',
  'accesslogs',
]);
export type BucketName = z.infer<typeof bucketName>;

export type Place =
  | { readonly kind: 'objects'; readonly bucket: BucketName; readonly prefix: string }
  | { readonly kind: 'table'; readonly table: string; readonly expiry?: string }
  | { readonly kind: 'other'; readonly name: string };

const objects = (bucket: BucketName, prefix: string): Place => ({
  kind: 'objects',
  bucket,
  prefix,
});
const table = (name: string, expiry?: string): Place => ({
  kind: 'table',
  table: name,
  ...(expiry !== undefined && { expiry }),
});

/** A quarantined or failed event is replayed within weeks or never. */
const REPAIR_DAYS = 90;
/** Work that was given up is started again from its beginning. */
const WORK_DAYS = 7;
/** A file is loaded on the day it was made, or on the day somebody notices that it was not. */
const EXPORT_DAYS = 30;

export const datasets: readonly Dataset[] = [
  {
    place: table('Profiles', 'expiresAt'),
    holds: 'The joined state of each customer',
    retention: 'profileRetentionDays',
    reason:
      'Counted from the customer’s last event: who has not been seen for so long is none any more',
    erasure: 'erased',
  },
  {
    place: table('Identities'),
    holds: 'Which profile a hashed identity leads to; marks of erased ones',
    retention: 'kept',
    reason: 'Two hashes each; a mark must outlast every backup',
    erasure: 'stays',
  },
  {
    place: table('Dedupe', 'expiresAt'),
    holds: 'Orders that were counted, single-use tokens',
    retention: 400,
    reason: 'A year, and the longest returns after it',
    erasure: 'erased',
  },
  {
    place: table('Shown', 'expiresAt'),
    holds: 'Which item a slot of a mailing showed, under a digest of for whom',
    retention: 60,
    reason: 'Mails are opened again for weeks, and a link leads to what its image shows',
    erasure: 'expires',
    why: 'The digest can be made only by who holds the identity secret, the mailing and the customer’s key',
  },
  {
    place: table('Inspector', 'expiresAt'),
    holds: 'What became of the last events, without what they said',
    retention: 1,
    reason: 'Answers “what happened to my event?” on the same day',
    erasure: 'erased',
  },
  {
    place: table('Catalogue'),
    holds: 'Products and their prices',
    retention: 'kept',
    reason: 'Recommendations are made of it',
    erasure: 'nothing personal',
  },
  {
    place: table('Config'),
    holds: 'Sources, schemas, mappings, placements, the model’s pointer',
    retention: 'kept',
    reason: 'Operators’ own documents',
    erasure: 'nothing personal',
  },
  {
    place: objects('lake', 'raw/'),
    holds: 'Every event, by day and source',
    retention: 'lakeRetentionDays',
    reason: 'Two years of seasons for training in production',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'errors/'),
    holds: 'Events that Firehose could not file',
    retention: 'lakeRetentionDays',
    reason: 'As the events that it could',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'curated/'),
    holds: 'The same events as Parquet, for queries',
    retention: 'lakeRetentionDays',
    reason: 'As the events that it is made of',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'snapshots/'),
    holds: 'Training’s interactions of numbered customers, and candidates made of them',
    retention: 'snapshotRetentionDays',
    reason: 'A run can be repeated on the same data',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'snapshot-days/'),
    holds: 'What each day of the lake says about items, as training reads it',
    retention: 'lakeRetentionDays',
    reason: 'As the events that it is made of; only new days are read again',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'snapshot-exports/'),
    holds: 'An export of the profiles, until a run of training has read it',
    retention: 2,
    reason: 'A run deletes its own; one that failed is looked into within two days',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'snapshot-facts/'),
    holds: 'Counts of the snapshots that were trained on',
    retention: 400,
    reason: 'What the next ones are compared with; a year back',
    erasure: 'nothing personal',
  },
  {
    place: objects('lake', 'experiments/'),
    holds: 'Results of experiments: counts, shares and intervals by variant',
    retention: 'kept',
    reason: 'What was learnt is asked for years later',
    erasure: 'nothing personal',
  },
  {
    place: objects('lake', 'exports/'),
    holds: 'Recommendation lists of customers and of items, as files',
    retention: EXPORT_DAYS,
    reason: 'Loaded by an ESP or a warehouse within days, and made again by the next export',
    erasure: 'erased',
  },
  {
    place: objects('lake', 'model-imports/'),
    holds: 'Models that were trained elsewhere: items and what goes with them',
    retention: REPAIR_DAYS,
    reason: 'What is published of one is kept with the models',
    erasure: 'nothing personal',
  },
  {
    place: objects('lake', 'export-work/'),
    holds: 'Progress of those exports: figures, and a profile’s id for each piece under way',
    retention: WORK_DAYS,
    reason: 'An export that has stopped goes on',
    erasure: 'expires',
    why: 'Says of a profile’s id, which is a hash, only that so far was read',
  },
  {
    place: objects('lake', 'compaction/'),
    holds: 'Hashes of message ids of a day under way',
    retention: WORK_DAYS,
    reason: 'A compaction that was given up is started again',
    erasure: 'nothing personal',
  },
  {
    place: objects('lake', 'quality/'),
    holds: 'Reports of audits, with masked samples of unexpected rows',
    retention: 400,
    reason: 'A year back, and a month to look at it',
    erasure: 'expires',
    why: 'Identifiers are masked in samples, so that nobody can be found by them',
  },
  {
    place: objects('lake', 'athena/'),
    holds: 'Answers of queries',
    retention: WORK_DAYS,
    reason: 'Whoever needs one longer keeps a copy',
    erasure: 'expires',
    why: 'Columns are the query’s own, so that a person can’t be told in them',
  },
  {
    place: objects('quarantine', 'quarantine/'),
    holds: 'Refused calls, whole but for raw addresses',
    retention: REPAIR_DAYS,
    reason: 'Replayed within weeks or never',
    erasure: 'erased',
  },
  {
    place: objects('quarantine', 'replayed/'),
    holds: 'Refused calls that were accepted later',
    retention: REPAIR_DAYS,
    reason: 'Shows what a replay has done',
    erasure: 'erased',
  },
  {
    place: objects('quarantine', 'replays/'),
    holds: 'Progress of replays: figures and keys',
    retention: REPAIR_DAYS,
    reason: 'A replay that has stopped is resumed',
    erasure: 'nothing personal',
  },
  {
    place: objects('failures', 'poison/'),
    holds: 'Records of the stream that are no events',
    retention: REPAIR_DAYS,
    reason: 'Repaired within weeks or never',
    erasure: 'erased',
  },
  {
    place: objects('failures', 'identities/'),
    holds: 'Identities that a customer could not have as well, with an event each',
    retention: REPAIR_DAYS,
    reason: 'Shows which integration is at fault',
    erasure: 'erased',
  },
  {
    place: objects('failures', 'aws/lambda/'),
    holds: 'Batches that Lambda gave up on',
    retention: REPAIR_DAYS,
    reason: 'Put on the stream again within weeks or never',
    erasure: 'erased',
  },
  {
    place: objects('drop', 'drop/'),
    holds: 'The shop’s own files',
    retention: REPAIR_DAYS,
    reason: 'A file is in the events after minutes; the rest is for repairs',
    erasure: 'expires',
    why: 'The shop’s own copy in the shop’s own form: it is the shop’s to delete, like the system it came from',
  },
  {
    place: objects('drop', 'currents/'),
    holds: 'Braze’s own files',
    retention: REPAIR_DAYS,
    reason: 'As dropped files',
    erasure: 'expires',
    why: 'The ESP’s own copy, in its own form; it is deleted there, and here with the file',
  },
  {
    place: objects('drop', 'rejects/'),
    holds: 'Rows that no mapping could convert',
    retention: REPAIR_DAYS,
    reason: 'Repaired and dropped again',
    erasure: 'erased',
  },
  {
    place: objects('drop', 'work/'),
    holds: 'Calls of an import under way',
    retention: WORK_DAYS,
    reason: 'An import that was given up is started again',
    erasure: 'erased',
  },
  {
    place: objects('drop', 'ledger/'),
    holds: 'Hashes of what was imported',
    retention: 400,
    reason: 'Longer than yearly files take to come again',
    erasure: 'nothing personal',
  },
  {
    place: objects('drop', 'manifests/'),
    holds: 'What became of each file: figures',
    retention: 400,
    reason: 'As the ledger',
    erasure: 'nothing personal',
  },
  {
    place: objects('drop', 'feeds/'),
    holds: 'Which items a full product feed named',
    retention: 400,
    reason: 'As the ledger',
    erasure: 'nothing personal',
  },
  {
    place: objects('models', ''),
    holds: 'Models: items and what goes with them',
    retention: 'kept',
    reason:
      'The current one may be of any age and must stay; training deletes the others by `train.modelsKeptMax` and `modelsKeptDaysMin`',
    erasure: 'nothing personal',
  },
  {
    place: objects('privacy', 'exports/'),
    holds: 'Everything held of customers who asked',
    retention: WORK_DAYS,
    reason: 'It is handed over and not kept',
    erasure: 'erased',
  },
  {
    place: objects('privacy', 'work/'),
    holds: 'Progress of exports and erasures',
    retention: WORK_DAYS,
    reason: 'One that has stopped is resumed',
    erasure: 'nothing personal',
  },
  {
    place: objects('privacy', 'erasures/'),
    holds: 'Erasures, with the hashed identities that are marked',
    retention: 'kept',
    reason: 'An erasure is repeated after a restore from a backup',
    erasure: 'stays',
  },
  {
    place: objects('privacy', 'certificates/'),
    holds: 'Certificates, without personal data',
    retention: 'kept',
    reason: 'Shows that it was done (GDPR, article 5 (2))',
    erasure: 'nothing personal',
  },
  {
    place: objects('accesslogs', ''),
    holds: 'Who read which object; keys of some name a profile’s id',
    retention: REPAIR_DAYS,
    reason: 'To find out who has read what',
    erasure: 'expires',
    why: 'AWS writes them; a profile’s id in a key is a hash',
  },
  {
    place: { kind: 'other', name: 'Kinesis stream' },
    holds: 'Events on their way',
    retention: 7,
    reason: 'Time to repair the enricher before a record is lost; a day outside production',
    erasure: 'expires',
    why: 'Records of a stream can’t be deleted; the enricher drops those of who was erased',
  },
  {
    place: { kind: 'other', name: 'Point-in-time recovery of the tables' },
    holds: 'What the tables held at any second',
    retention: 35,
    reason: 'AWS’s own bound; against mistakes',
    erasure: 'expires',
    why: 'A backup can’t be changed; after a restore erasures are repeated',
  },
];

/** For certificates. */
export function expiringDatasets(): { place: string; withinDays: number; why: string }[] {
  return datasets.flatMap(({ place, retention, erasure, why }) =>
    erasure === 'expires' && typeof retention === 'number' && why !== undefined
      ? [{ place: placeText(place), withinDays: retention, why }]
      : [],
  );
}

/** As people read it. */
export function placeText(place: Place): string {
  switch (place.kind) {
    case 'objects':
      return `${place.bucket}: ${place.prefix === '' ? 'all' : `\`${place.prefix}\``}`;
    case 'table':
      return `table ${place.table}`;
    case 'other':
      return place.name;
  }
}
