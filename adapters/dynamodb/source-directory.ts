import { createHash, timingSafeEqual } from 'node:crypto';
import {
  DEFAULT_SOURCE,
  type SourceDocument,
  sourceDocument,
  writeKeyDocument,
} from '../../core/events/source.ts';
import { readSecret } from '../secrets/secret-reader.ts';
import { createDynamoDbClient } from './client.ts';
import { configDocuments } from './config-documents.ts';
import { Remembered } from './remembered.ts';

/** How long an answer of the table is trusted: a withdrawn key works no longer than this. */
const FRESH_MS = 60_000;
/** Keys and sources remembered: bounds the memory that invented keys can take. */
const REMEMBERED_MAX = 1_000;
/** The table answers in milliseconds; a caller's time is better spent on a retry than on waiting. */
const PATIENCE = { attemptsMax: 3, connectMsMax: 500, attemptMsMax: 1_000 } as const;

export interface SourceDirectory {
  /** The source that a write key belongs to, or nothing for an unknown key; throws when neither can be told. */
  find(writeKey: string): Promise<SourceDocument | undefined>;
  /** The source of an id, for ways in that have no write key; throws when it can't be told. */
  byId(sourceId: string): Promise<SourceDocument | undefined>;
}

/**
 * Sources as the config table has them, remembered for a minute and, while the table can't be read, beyond.
 * A disabled source is found like any other: whoever asks turns it away.
 */
export function createSourceDirectory(
  configTable: string,
  writeKeySecretId: string,
): SourceDirectory {
  const client = createDynamoDbClient(PATIENCE);
  const bounds = { freshMs: FRESH_MS, entriesMax: REMEMBERED_MAX };
  const keyDocuments = configDocuments(client, configTable, 'writeKey', writeKeyDocument);
  const sourceDocuments = configDocuments(client, configTable, 'source', sourceDocument);
  const keys = new Remembered({ load: keyDocuments.get, ...bounds });
  const sources = new Remembered({
    // The default source is always there, so that it is also used on while the table can't be read.
    load: async (sourceId) =>
      (await sourceDocuments.get(sourceId)) ??
      (sourceId === DEFAULT_SOURCE.sourceId ? DEFAULT_SOURCE : undefined),
    ...bounds,
  });
  const byId = async (sourceId: string) => (await sources.read(sourceId)).value;

  return {
    byId,
    async find(writeKey) {
      // Digests have one length and tell nothing of a key through the time their comparison takes.
      const given = sha256(writeKey);
      const expected = sha256(await readSecret(writeKeySecretId));
      if (timingSafeEqual(given, expected)) return byId(DEFAULT_SOURCE.sourceId);
      const { value: key, readAtMs } = await keys.read(given.toString('hex'));
      if (key === undefined) return undefined;
      const source = await byId(key.sourceId);
      if (lists(source, given)) return source;
      // A key younger than what is remembered of its source: the source is read again before it is refused.
      const renewed = await sources.read(key.sourceId, readAtMs);
      if (renewed.readAtMs < readAtMs) throw new Error('a source could not be read again');
      return lists(renewed.value, given) ? renewed.value : undefined;
    },
  };
}

/** A key is alive while its source lists it; the key's own document only says which source that is. */
function lists(source: SourceDocument | undefined, digest: Buffer): boolean {
  const live = source?.writeKeys ?? [];
  return live.some(({ sha256: hex }) => timingSafeEqual(Buffer.from(hex, 'hex'), digest));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
