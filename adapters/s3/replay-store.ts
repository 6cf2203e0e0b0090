import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type Replay, replay } from '../../core/events/replay.ts';
import type { Quarantine } from './waiting-calls.ts';

/** A replay's request and progress, one object each beside the quarantine. */
const REPLAYS_PREFIX = 'replays/';

/** A replay as it was read or written, with what the next write over it must name. */
export interface StoredReplay {
  readonly replay: Replay;
  readonly etag: string;
}

/** Somebody else has written the replay's progress meanwhile: read it again. */
export class ReplayChangedError extends Error {
  override readonly name = 'ReplayChangedError';
}

export async function readReplay(
  { client, bucket }: Quarantine,
  replayId: string,
): Promise<StoredReplay | undefined> {
  try {
    const answer = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: keyOf(replayId) }),
    );
    const value: unknown = JSON.parse((await answer.Body?.transformToString()) ?? '');
    return { replay: replay.parse(value), etag: answer.ETag ?? '' };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Writes a replay that there was not before. */
export function createReplay(quarantine: Quarantine, value: Replay): Promise<StoredReplay> {
  return write(quarantine, value, { IfNoneMatch: '*' });
}

/**
 * Writes a replay over the one that was read.
 * @throws ReplayChangedError when another one stands there.
 */
export function writeReplay(
  quarantine: Quarantine,
  value: Replay,
  before: StoredReplay,
): Promise<StoredReplay> {
  return write(quarantine, value, { IfMatch: before.etag });
}

/** S3's conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
async function write(
  { client, bucket }: Quarantine,
  value: Replay,
  condition: { readonly IfMatch: string } | { readonly IfNoneMatch: '*' },
): Promise<StoredReplay> {
  try {
    const { ETag = '' } = await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(value.replayId),
        Body: JSON.stringify(value),
        ContentType: 'application/json',
        ...condition,
      }),
    );
    return { replay: value, etag: ETag };
  } catch (error) {
    // 409 is what S3 answers to two conditional writes at the same moment.
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 412 || status === 409) throw new ReplayChangedError('the replay has changed');
    throw error;
  }
}

function keyOf(replayId: string): string {
  return `${REPLAYS_PREFIX}${replayId}.json`;
}
