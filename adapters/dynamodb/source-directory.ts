import { createHash, timingSafeEqual } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { EventSource } from '../../core/events/source.ts';
import { readSecret } from '../secrets/secret-reader.ts';

/** The source whose write key is the environment's secret. */
const DEFAULT_SOURCE: EventSource = { sourceId: 'website', priority: 100 };
/** A source without a priority of its own counts as much as the default one. */
const DEFAULT_PRIORITY = 100;

/** How long an answer of the table is trusted: a withdrawn key works no longer than this. */
const FRESH_MS = 60_000;
/** Keys remembered, known or not: bounds the memory that invented keys can take. */
const REMEMBERED_MAX = 1_000;
/** The table answers in milliseconds; a caller's time is better spent on a retry than on waiting. */
const ATTEMPT_MS_MAX = 1_000;
const ATTEMPTS_MAX = 3;

export interface SourceDirectory {
  /** The source that a write key belongs to, or nothing for an unknown key; throws when neither can be told. */
  find(writeKey: string): Promise<EventSource | undefined>;
}

export function createSourceDirectory(
  configTable: string,
  writeKeySecretId: string,
): SourceDirectory {
  const client = new DynamoDBClient({
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: { requestTimeout: ATTEMPT_MS_MAX, throwOnRequestTimeout: true },
  });
  const remembered = new Map<string, { source: EventSource | undefined; readAtMs: number }>();

  const look = async (keyHash: string): Promise<EventSource | undefined> => {
    const known = remembered.get(keyHash);
    if (known !== undefined && Date.now() - known.readAtMs < FRESH_MS) return known.source;
    const answer = await client.send(
      new GetItemCommand({
        TableName: configTable,
        Key: { kind: { S: 'source' }, id: { S: keyHash } },
      }),
    );
    const sourceId = answer.Item?.sourceId?.S;
    const priority = Number(answer.Item?.priority?.N ?? DEFAULT_PRIORITY);
    const source = sourceId === undefined ? undefined : { sourceId, priority };
    remembered.delete(keyHash);
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    remembered.set(keyHash, { source, readAtMs: Date.now() });
    return source;
  };

  return {
    async find(writeKey) {
      // Digests have one length and tell nothing of a key through the time their comparison takes.
      const given = sha256(writeKey);
      const expected = sha256(await readSecret(writeKeySecretId));
      if (timingSafeEqual(given, expected)) return DEFAULT_SOURCE;
      return look(given.toString('hex'));
    },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
