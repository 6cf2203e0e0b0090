import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Replay, replay } from '../../core/events/replay.ts';
import { readObject } from './immutable-objects.ts';
import type { Quarantine } from './waiting-calls.ts';

/** A replay's request and progress, one object each beside the quarantine. */
const REPLAYS_PREFIX = 'replays/';

export async function readReplay(
  { client, bucket }: Quarantine,
  replayId: string,
): Promise<Replay | undefined> {
  const bytes = await readObject({ client, bucket, prefix: REPLAYS_PREFIX }, `${replayId}.json`);
  if (bytes === undefined) return undefined;
  return replay.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

export async function writeReplay({ client, bucket }: Quarantine, value: Replay): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `${REPLAYS_PREFIX}${value.replayId}.json`,
      Body: JSON.stringify(value),
      ContentType: 'application/json',
    }),
  );
}
