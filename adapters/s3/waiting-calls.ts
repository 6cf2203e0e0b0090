import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ReplayFilter } from '../../core/events/replay.ts';
import {
  type QuarantinedCall,
  quarantinedCallDocument,
} from '../../core/identity/quarantined-call.ts';
import { QUARANTINE_PREFIX } from './quarantine-store.ts';

/** The quarantine, for those who read it. */
export interface Quarantine {
  readonly client: S3Client;
  readonly bucket: string;
}

/** What a waiting call's key says of it. */
export interface WaitingCall {
  readonly key: string;
  readonly day: string;
  readonly reason: string;
  readonly source: string;
  readonly id: string;
}

/** Where a call goes once it was replayed, under the rest of its key. */
const REPLAYED_PREFIX = 'replayed/';
const KEY = /^quarantine\/day=([^/]+)\/reason=([^/]+)\/source=([^/]+)\/([0-9a-f]{32})\.json$/;

/** What one listing has found. */
export interface WaitingPage {
  /** Those that match. */
  readonly calls: readonly WaitingCall[];
  /** All that were looked at, up to and with `lastKey`. */
  readonly scannedCount: number;
  readonly lastKey: string;
}

/**
 * The calls that wait, by day, reason and source, after `afterKey`; reads keys alone, a thousand at a
 * time. A page may be without any that match.
 */
export async function* waitingPages(
  { client, bucket }: Quarantine,
  filter: ReplayFilter,
  afterKey: string | undefined,
): AsyncGenerator<WaitingPage> {
  const StartAfter = afterKey ?? `${QUARANTINE_PREFIX}day=${filter.from}`;
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: `${QUARANTINE_PREFIX}day=`, StartAfter },
  );
  for await (const { Contents = [] } of pages) {
    const keys = Contents.map(({ Key = '' }) => Key);
    const wanted = keys.filter((key) => (dayOf(key) ?? filter.to) <= filter.to);
    const lastKey = wanted.at(-1);
    if (lastKey === undefined) return;
    const calls = wanted.map(waitingCallOf).filter((call) => call !== undefined);
    const matching = calls.filter((call) => matches(call, filter));
    yield { calls: matching, scannedCount: wanted.length, lastKey };
    if (wanted.length < keys.length) return;
  }
}

/** The calls that wait and match, one by one. */
export async function* waitingCalls(
  quarantine: Quarantine,
  filter: ReplayFilter,
  afterKey: string | undefined,
): AsyncGenerator<WaitingCall> {
  for await (const { calls } of waitingPages(quarantine, filter, afterKey)) yield* calls;
}

/**
 * The call itself; `gone` where it has been replayed or has expired meanwhile, `unreadable` where the
 * object is none of ours or is damaged.
 */
export async function readWaitingCall(
  { client, bucket }: Quarantine,
  key: string,
): Promise<QuarantinedCall | 'gone' | 'unreadable'> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const text = (await Body?.transformToString()) ?? '';
    const parsed = quarantinedCallDocument.safeParse(jsonOf(text));
    return parsed.success ? parsed.data : 'unreadable';
  } catch (error) {
    if (error instanceof NoSuchKey) return 'gone';
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Moves a call from the waiting to the replayed; repeating it changes nothing. */
export async function markReplayed(
  { client, bucket }: Quarantine,
  key: string,
  call: QuarantinedCall,
): Promise<void> {
  const to = `${REPLAYED_PREFIX}${key.slice(QUARANTINE_PREFIX.length)}`;
  const Body = JSON.stringify(call);
  await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: to, Body, ContentType: 'application/json' }),
  );
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

export function waitingCallOf(key: string): WaitingCall | undefined {
  const match = KEY.exec(key);
  if (match === null) return undefined;
  const [, day = '', reason = '', source = '', id = ''] = match;
  return { key, day, reason, source, id };
}

function dayOf(key: string): string | undefined {
  return /^quarantine\/day=([^/]+)\//.exec(key)?.[1];
}

function matches({ reason, source, id }: WaitingCall, filter: ReplayFilter): boolean {
  return (
    (filter.sources?.includes(source) ?? true) &&
    (filter.reasons?.some((wanted) => wanted === reason) ?? true) &&
    (filter.ids?.includes(id) ?? true)
  );
}
