import {
  type Judge,
  judgeAbandonedBatch,
  judgeEventLine,
  judgeImportedCall,
  judgePoison,
  judgeRefusedCall,
  judgeRefusedIdentities,
  judgeRejectedRow,
  judgeUndelivered,
} from './trace.ts';

/** Buckets that hold data of customers. */
export type DataBucket = 'lake' | 'quarantine' | 'failures' | 'drop';

/** A part of a bucket in which a person is looked for. */
export interface Area {
  readonly name: string;
  readonly bucket: DataBucket;
  readonly prefix: string;
  /** Whether it is divided into folders by day, of which each is a piece of work. */
  readonly isByDay: boolean;
  readonly form: AreaForm;
}

export type AreaForm =
  /** Objects of many lines, packed or not; a line is judged at a time. */
  | { readonly kind: 'lines'; readonly judge: Judge; readonly isLake?: true }
  /** Objects that are one document each. */
  | { readonly kind: 'document'; readonly judge: Judge }
  /** The curated events' Parquet files, and with them those of their products. */
  | { readonly kind: 'curated' }
  /** Training's snapshots: rows of numbered customers whom nobody can name any more. */
  | { readonly kind: 'snapshots' }
  /** Days' files of training, made of raw ones: one that has rows of the person is deleted and made anew. */
  | { readonly kind: 'snapshotDays' }
  /** Files of recommendation lists, in three forms. */
  | { readonly kind: 'exported' };

/**
 * Where a person is looked for, in this order within a pass. Curated files are made of raw ones, so raw comes
 * first; a pass that found something is followed by another one.
 */
export const areas: readonly Area[] = [
  {
    name: 'raw',
    bucket: 'lake',
    prefix: 'raw/',
    isByDay: true,
    form: { kind: 'lines', judge: judgeEventLine, isLake: true },
  },
  {
    name: 'undelivered',
    bucket: 'lake',
    prefix: 'errors/',
    isByDay: false,
    form: { kind: 'lines', judge: judgeUndelivered },
  },
  {
    name: 'curated',
    bucket: 'lake',
    prefix: 'curated/events/',
    isByDay: true,
    form: { kind: 'curated' },
  },
  {
    name: 'snapshots',
    bucket: 'lake',
    prefix: 'snapshots/',
    isByDay: false,
    form: { kind: 'snapshots' },
  },
  {
    name: 'snapshot days',
    bucket: 'lake',
    prefix: 'snapshot-days/',
    isByDay: true,
    form: { kind: 'snapshotDays' },
  },
  {
    // Of no use to anybody once its run has ended; as a whole, like the snapshots.
    name: 'profile exports',
    bucket: 'lake',
    prefix: 'snapshot-exports/',
    isByDay: false,
    form: { kind: 'snapshots' },
  },
  {
    name: 'recommendation lists',
    bucket: 'lake',
    prefix: 'exports/',
    isByDay: false,
    form: { kind: 'exported' },
  },
  {
    name: 'quarantine',
    bucket: 'quarantine',
    prefix: 'quarantine/',
    isByDay: true,
    form: { kind: 'document', judge: judgeRefusedCall },
  },
  {
    name: 'replayed',
    bucket: 'quarantine',
    prefix: 'replayed/',
    isByDay: true,
    form: { kind: 'document', judge: judgeRefusedCall },
  },
  {
    name: 'poison',
    bucket: 'failures',
    prefix: 'poison/',
    isByDay: false,
    form: { kind: 'document', judge: judgePoison },
  },
  {
    name: 'refused identities',
    bucket: 'failures',
    prefix: 'identities/',
    isByDay: true,
    form: { kind: 'document', judge: judgeRefusedIdentities },
  },
  {
    name: 'abandoned batches',
    bucket: 'failures',
    prefix: 'aws/lambda/',
    isByDay: false,
    form: { kind: 'document', judge: judgeAbandonedBatch },
  },
  {
    name: 'imports under way',
    bucket: 'drop',
    prefix: 'work/',
    isByDay: false,
    form: { kind: 'lines', judge: judgeImportedCall },
  },
  {
    name: 'rejected rows',
    bucket: 'drop',
    prefix: 'rejects/',
    isByDay: false,
    form: { kind: 'lines', judge: judgeRejectedRow },
  },
];

export function areaNamed(name: string): Area {
  const area = areas.find((each) => each.name === name);
  if (area === undefined) throw new Error(`there is no area ${name}`);
  return area;
}
