import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { manifestKey } from '../../core/mapping/file-drop.ts';
import { rowCounts } from '../../core/mapping/row-tally.ts';
import { UserError } from '../user-error.ts';
import type { Bucket, DroppedFile } from './upload-file.ts';

/** Asked that often. */
const PAUSE_MS = 1_000;
/** A workflow is stopped after a day. */
const FOLLOW_MS_MAX = 24 * 60 * 60 * 1000;

/** What the command line shows of a manifest; it may hold more. */
const manifest = z.looseObject({
  status: z.enum(['done', 'failed']),
  etag: z.string(),
  droppedAt: z.string(),
  droppedAgainAt: z.string().optional(),
  rows: z.number(),
  outcomes: rowCounts.omit({ rows: true }),
  events: z.object({ accepted: z.number(), duplicate: z.number(), quarantined: z.number() }),
  rejects: z.array(z.string()),
  feed: z
    .looseObject({
      items: z.number(),
      removed: z.number(),
      heldBack: z.looseObject({ reason: z.string(), missing: z.number() }).optional(),
    })
    .optional(),
  problem: z.string().optional(),
});
export type DroppedManifest = z.infer<typeof manifest> & { readonly key: string };

/** Waits for what is told beside the file about this very version of it. */
export async function followImport(
  { client, bucket }: Bucket,
  dropped: DroppedFile,
  onWait: () => void,
  pauseMs = PAUSE_MS,
): Promise<DroppedManifest> {
  const key = manifestKey(dropped.key);
  const untilMs = Date.now() + FOLLOW_MS_MAX;
  while (Date.now() < untilMs) {
    const found = await read({ client, bucket }, key);
    if (found !== undefined && isOf(found, dropped)) return { ...found, key };
    onWait();
    await sleep(pauseMs);
  }
  throw new UserError(
    `Nothing is told of ${dropped.key} after a day.`,
    'See the executions of the state machine import-file.',
  );
}

function isOf(found: z.infer<typeof manifest>, dropped: DroppedFile): boolean {
  const toldOf = found.droppedAgainAt ?? found.droppedAt;
  return found.etag === dropped.etag && toldOf >= dropped.droppedAt;
}

async function read({ client, bucket }: Bucket, key: string) {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return manifest.parse(JSON.parse((await answer.Body?.transformToString()) ?? ''));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
