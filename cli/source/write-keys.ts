import { createHash, randomBytes } from 'node:crypto';
import type { SourceRegistry } from '../../adapters/dynamodb/source-registry.ts';
import { type SourceDocument, WRITE_KEYS_MAX } from '../../core/events/source.ts';
import { UserError } from '../user-error.ts';

/** 160 bits, as many as a key that can't be guessed needs; hex, so that no shell or URL changes it. */
const KEY_BYTES = 20;

/** A key at the only moment when anybody sees it. */
export interface NewKey {
  readonly source: SourceDocument;
  readonly writeKey: string;
}

/** Makes a source with its first key. */
export async function addSource(registry: SourceRegistry, source: SourceDocument): Promise<NewKey> {
  if ((await registry.documents.get(source.sourceId)) !== undefined) {
    throw new UserError(
      `There is a source "${source.sourceId}" already.`,
      'Take another id, or give it a further key with `kindred source rotate-key`.',
    );
  }
  return writeWithKey(registry, source, undefined);
}

/** Adds the second key: both work until the old one is retired. */
export async function rotateKey(registry: SourceRegistry, sourceId: string): Promise<NewKey> {
  const source = await existing(registry, sourceId);
  if (source.writeKeys.length >= WRITE_KEYS_MAX) {
    throw new UserError(
      `"${sourceId}" has ${WRITE_KEYS_MAX} keys, as many as can be live at once.`,
      `Retire the one that no client uses any more: kindred source retire-key ${sourceId}`,
    );
  }
  return writeWithKey(registry, source, source);
}

/** Retires the oldest key, or the one whose SHA-256 begins with `digits`. */
export async function retireKey(
  registry: SourceRegistry,
  sourceId: string,
  digits: string | undefined,
): Promise<SourceDocument> {
  const source = await existing(registry, sourceId);
  const byAge = [...source.writeKeys].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  if (digits === undefined && byAge.length < WRITE_KEYS_MAX) {
    throw new UserError(
      byAge.length === 0 ? `"${sourceId}" has no key.` : `"${sourceId}" has one key only.`,
      'Make a new one first with `kindred source rotate-key`, or name it with --sha256 to leave the source without.',
    );
  }
  const retired =
    digits === undefined ? byAge[0] : byAge.find(({ sha256 }) => sha256.startsWith(digits));
  if (retired === undefined) {
    throw new UserError(
      `No key of "${sourceId}" has a SHA-256 that begins with ${digits}.`,
      'See `kindred source list`.',
    );
  }
  const writeKeys = source.writeKeys.filter(({ sha256 }) => sha256 !== retired.sha256);
  const changed = { ...source, writeKeys };
  await registry.write(changed, source);
  return changed;
}

async function writeWithKey(
  registry: SourceRegistry,
  source: SourceDocument,
  before: SourceDocument | undefined,
): Promise<NewKey> {
  const writeKey = `wk_${randomBytes(KEY_BYTES).toString('hex')}`;
  const sha256 = createHash('sha256').update(writeKey).digest('hex');
  const key = { sha256, createdAt: new Date().toISOString() };
  const changed = { ...source, writeKeys: [...source.writeKeys, key] };
  await registry.write(changed, before);
  return { source: changed, writeKey };
}

async function existing(registry: SourceRegistry, sourceId: string): Promise<SourceDocument> {
  const source = await registry.documents.get(sourceId);
  if (source !== undefined) return source;
  throw new UserError(
    `There is no source "${sourceId}".`,
    'See `kindred source list`, or make it with `kindred source add`.',
  );
}
