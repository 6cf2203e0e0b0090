import * as z from 'zod';
import { readSecret } from './secret-reader.ts';

/** One source's secrets by their names. */
const sourceSecrets = z.record(z.string(), z.string());

/** The environment's secret: other sources' entries are left alone, a broken one harms only its own source. */
const allSources = z.record(z.string(), z.unknown());

/**
 * The secrets of one source, by name; none where it has no entry. Cached as `readSecret` caches.
 * Throws when the secret, or the source's entry, has another form; its content is never repeated.
 */
export async function readSourceSecrets(
  secretId: string,
  sourceId: string,
): Promise<Readonly<Record<string, string>>> {
  const all = allSources.safeParse(parseOrNothing(await readSecret(secretId)));
  if (!all.success) throw new Error('The secret of the sources is no JSON object: write one.');
  if (!Object.hasOwn(all.data, sourceId)) return {};
  const own = sourceSecrets.safeParse(all.data[sourceId]);
  if (own.success) return own.data;
  throw new Error(
    `The secrets of the source ${sourceId} are no object of strings: write them as { "<name>": "<value>" }.`,
  );
}

/** A parser's error quotes what it read, which is secret here: it must not get into a log. */
function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
