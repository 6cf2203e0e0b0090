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

/** The calls that wait and match, by day, reason and source, after `afterKey`; reads keys alone. */
export async function* waitingCalls(
  { client, bucket }: Quarantine,
  filter: ReplayFilter,
  afterKey: string | undefined,
): AsyncGenerator<WaitingCall> {
  const StartAfter = afterKey ?? `${QUARANTINE_PREFIX}day=${filter.from}`;
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: `${QUARANTINE_PREFIX}day=`, StartAfter },
  );
  for await (const page of pages) {
    for (const { Key: key = '' } of page.Contents ?? []) {
      const call = waitingCallOf(key);
      if (call === undefined) continue;
      if (call.day > filter.to) return;
      if (matches(call, filter)) yield call;
    }
  }
}

/** The call itself; nothing where it has been replayed or has expired meanwhile. */
export async function readWaitingCall(
  { client, bucket }: Quarantine,
  key: string,
): Promise<QuarantinedCall | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return quarantinedCallDocument.parse(JSON.parse((await Body?.transformToString()) ?? ''));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
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

function matches({ reason, source, id }: WaitingCall, filter: ReplayFilter): boolean {
  return (
    (filter.sources?.includes(source) ?? true) &&
    (filter.reasons?.some((wanted) => wanted === reason) ?? true) &&
    (filter.ids?.includes(id) ?? true)
  );
}
