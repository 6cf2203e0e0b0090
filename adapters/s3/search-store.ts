import { createHash } from 'node:crypto';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { addCountsByArea, areaCounts, type CountsByArea } from '../../core/privacy/counts.ts';
import {
  type CustomerExport,
  customerExport,
  type Erasure,
  erasure,
  type UnitProgress,
  unitProgress,
} from '../../core/privacy/search.ts';

/** The bucket of exports, erasures and their certificates. */
export interface PrivacyStore {
  readonly client: S3Client;
  readonly bucket: string;
}

/** A record as it was read, with what the next write over it must name. */
export interface Stored<Value> {
  readonly value: Value;
  readonly etag: string;
}

/** Somebody else has written the record meanwhile: read it again. */
export class SearchChangedError extends Error {
  override readonly name = 'SearchChangedError';
}

/** What is searched for and how far it is; for as long as the marks in the identities table. */
export const ERASURES_PREFIX = 'erasures/';
/** What was found of a person; gone within days. */
export const EXPORTS_PREFIX = 'exports/';
/** Progress of the pieces of work; gone within days. */
export const WORK_PREFIX = 'work/';
export const CERTIFICATES_PREFIX = 'certificates/';

/** What S3 deletes in one request. */
const DELETED_MAX = 1_000;

/** The records of one kind of search. */
export interface SearchRecords<Value> {
  read(id: string): Promise<Stored<Value> | undefined>;
  create(id: string, value: Value): Promise<Stored<Value>>;
  /** @throws SearchChangedError when another one stands there. */
  write(id: string, value: Value, before: Stored<Value>): Promise<Stored<Value>>;
}

export const erasureRecords = (store: PrivacyStore): SearchRecords<Erasure> =>
  recordsOf(store, erasure, (id) => `${ERASURES_PREFIX}${id}.json`);

export const exportRecords = (store: PrivacyStore): SearchRecords<CustomerExport> =>
  recordsOf(store, customerExport, (id) => `${EXPORTS_PREFIX}${id}/export.json`);

function recordsOf<Value>(
  store: PrivacyStore,
  schema: z.ZodType<Value>,
  keyOf: (id: string) => string,
): SearchRecords<Value> {
  const put = async (id: string, value: Value, condition: object): Promise<Stored<Value>> => {
    try {
      const { ETag = '' } = await putJson(store, keyOf(id), value, condition);
      return { value, etag: ETag };
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : 0;
      if (status === 412 || status === 409) throw new SearchChangedError('the record has changed');
      throw error;
    }
  };
  return {
    read: async (id) => {
      const found = await readJson(store, keyOf(id));
      return found && { value: schema.parse(found.value), etag: found.etag };
    },
    create: (id, value) => put(id, value, { IfNoneMatch: '*' }),
    write: (id, value, { etag }) => put(id, value, { IfMatch: etag }),
  };
}

/** Progress of one piece of work; `undefined` where it has not begun. */
export async function readProgress(
  store: PrivacyStore,
  place: UnitPlace,
): Promise<UnitProgress | undefined> {
  const found = await readJson(store, progressKey(place));
  return found === undefined ? undefined : unitProgress.parse(found.value);
}

export async function writeProgress(
  store: PrivacyStore,
  place: UnitPlace,
  progress: UnitProgress,
): Promise<void> {
  await putJson(store, progressKey(place), progress);
}

export interface UnitPlace {
  readonly searchId: string;
  readonly pass: number;
  readonly unit: number;
}

function progressKey({ searchId, pass, unit }: UnitPlace): string {
  return `${WORK_PREFIX}${searchId}/pass-${pass}/unit-${String(unit).padStart(5, '0')}.json`;
}

/** How many pieces of a pass have been begun; reads keys alone. */
export async function begunCount(
  store: PrivacyStore,
  searchId: string,
  pass: number,
): Promise<number> {
  let count = 0;
  for await (const _ of keysBelow(store, `${WORK_PREFIX}${searchId}/pass-${pass}/`)) count += 1;
  return count;
}

/**
 * What is about to be taken out, by area. It is written before the change itself: a step that dies in between or
 * afterwards is repeated, and finds no more what it took out. Under its name it counts once.
 */
export const notedChange = z.strictObject({ area: z.string(), counts: areaCounts });
export type NotedChange = z.infer<typeof notedChange>;

/** A pass, or what is done after the last one. */
export type NotedStage = `pass-${number}` | 'end';

/** Hex digits that name a change. */
const NAME_DIGITS = 32;

export async function noteChange(
  store: PrivacyStore,
  searchId: string,
  stage: NotedStage,
  /** What is changed: it may say who somebody is, and is hashed. */
  what: string,
  change: NotedChange,
): Promise<void> {
  const name = createHash('sha256').update(what).digest('hex').slice(0, NAME_DIGITS);
  await putJson(store, `${changesPrefix(searchId, stage)}${name}.json`, change);
}

export async function readChanges(
  store: PrivacyStore,
  searchId: string,
  stage: NotedStage,
): Promise<CountsByArea> {
  let counts: CountsByArea = {};
  for await (const key of keysBelow(store, changesPrefix(searchId, stage))) {
    const found = await readJson(store, key);
    if (found === undefined) continue;
    const change = notedChange.parse(found.value);
    counts = addCountsByArea(counts, { [change.area]: change.counts });
  }
  return counts;
}

function changesPrefix(searchId: string, stage: NotedStage): string {
  return `${WORK_PREFIX}${searchId}/changes/${stage}/`;
}

/** Ids of events that may stand in the inspector, which knows no customers; named by where they were found. */
export async function noteMessageIds(
  store: PrivacyStore,
  searchId: string,
  name: string,
  messageIds: readonly string[],
): Promise<void> {
  await putJson(store, `${idsPrefix(searchId)}${name}.json`, messageIds);
}

export async function readMessageIds(store: PrivacyStore, searchId: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const key of keysBelow(store, idsPrefix(searchId))) {
    const found = await readJson(store, key);
    for (const id of z.array(z.string()).parse(found?.value ?? [])) ids.add(id);
  }
  return ids;
}

/** The work of a search is done with. */
export async function deleteWork(store: PrivacyStore, searchId: string): Promise<void> {
  await deleteBelow(store, `${WORK_PREFIX}${searchId}/`);
}

/** Deletes what was exported of anybody of these identities; each export is told of before. */
export async function deleteExportsOf(
  store: PrivacyStore,
  refs: ReadonlySet<string>,
  noteLeaving: (exportId: string) => Promise<void>,
): Promise<void> {
  const folders = new Set<string>();
  for await (const key of keysBelow(store, EXPORTS_PREFIX)) {
    folders.add(key.slice(EXPORTS_PREFIX.length).split('/')[0] ?? '');
  }
  for (const exportId of folders) {
    const stored = await exportRecords(store).read(exportId);
    if (stored?.value.person.refs.some((ref) => refs.has(ref)) !== true) continue;
    await noteLeaving(exportId);
    // The record, by which the parts are known to be theirs, goes last.
    await deleteBelow(store, `${EXPORTS_PREFIX}${exportId}/parts/`);
    await deleteBelow(store, `${EXPORTS_PREFIX}${exportId}/`);
  }
}

async function deleteBelow(store: PrivacyStore, prefix: string): Promise<void> {
  const { client, bucket } = store;
  const left: { Key: string }[] = [];
  for await (const Key of keysBelow(store, prefix)) left.push({ Key });
  for (let from = 0; from < left.length; from += DELETED_MAX) {
    const Delete = { Objects: left.slice(from, from + DELETED_MAX), Quiet: true };
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
  }
}

/** A part of an export: what was found, one JSON document. */
export async function putExportPart(
  store: PrivacyStore,
  exportId: string,
  name: string,
  found: readonly unknown[],
): Promise<void> {
  await putJson(store, `${EXPORTS_PREFIX}${exportId}/parts/${name}`, found);
}

export async function exportParts(store: PrivacyStore, exportId: string): Promise<string[]> {
  const prefix = `${EXPORTS_PREFIX}${exportId}/parts/`;
  const names: string[] = [];
  for await (const key of keysBelow(store, prefix)) names.push(key.slice(prefix.length));
  return names;
}

export async function readExportPart(
  store: PrivacyStore,
  exportId: string,
  name: string,
): Promise<unknown> {
  return (await readJson(store, `${EXPORTS_PREFIX}${exportId}/parts/${name}`))?.value;
}

export async function putCertificate(
  store: PrivacyStore,
  key: string,
  signed: object,
): Promise<void> {
  await putJson(store, `${CERTIFICATES_PREFIX}${key}`, signed);
}

export async function readCertificate(store: PrivacyStore, key: string): Promise<unknown> {
  return (await readJson(store, `${CERTIFICATES_PREFIX}${key}`))?.value;
}

function idsPrefix(searchId: string): string {
  return `${WORK_PREFIX}${searchId}/message-ids/`;
}

async function* keysBelow(
  { client, bucket }: PrivacyStore,
  prefix: string,
): AsyncGenerator<string> {
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
  }
}

async function readJson(
  { client, bucket }: PrivacyStore,
  key: string,
): Promise<Stored<unknown> | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const value: unknown = JSON.parse((await answer.Body?.transformToString()) ?? '');
    return { value, etag: answer.ETag ?? '' };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

function putJson({ client, bucket }: PrivacyStore, key: string, value: unknown, condition = {}) {
  return client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: JSON.stringify(value),
      ContentType: 'application/json',
      ...condition,
    }),
  );
}
