import * as z from 'zod';
import { readSecret } from './secret-reader.ts';

/** `{ "<sourceId>": { "<name>": "<value>" } }`: the secrets of every source, in one. */
const everySource = z.record(z.string(), z.unknown());
const oneSource = z.record(z.string(), z.string());

/**
 * What a source authenticates with, by name; empty where it has nothing. Cached as the secret is.
 * @throws when the secret can't be read or isn't of its form.
 */
export async function readSourceSecrets(
  secretId: string,
  sourceId: string,
): Promise<Readonly<Record<string, string>>> {
  // Validations' messages could quote a secret, so they stay here.
  const all = everySource.safeParse(parse(await readSecret(secretId)));
  if (!all.success) throw new Error('the sources’ secret is not a JSON object by source id');
  if (!Object.hasOwn(all.data, sourceId)) return {};
  const own = oneSource.safeParse(all.data[sourceId]);
  if (!own.success) throw new Error(`the secrets of source ${sourceId} are not texts by name`);
  return own.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
