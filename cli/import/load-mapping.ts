import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Mapping, parseMapping } from '../../core/mapping/mapping.ts';
import { MappingError } from '../../core/mapping/mapping-error.ts';
import { UserError } from '../user-error.ts';

/** A mapping and what identifies this very version of it. */
export interface LoadedMapping {
  readonly mapping: Mapping;
  readonly sha256: string;
}

/**
 * Reads and checks a mapping document.
 * @throws UserError naming the place of each mistake.
 */
export async function loadMapping(file: string): Promise<LoadedMapping> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new UserError(
      `Can't read the mapping document ${file}.`,
      'Check the path after --mapping.',
    );
  }
  const sha256 = createHash('sha256').update(text).digest('hex');
  return withUserErrors(() => ({ mapping: parseMapping(text, file), sha256 }));
}

/** What a mapping's author did wrong, as the command line says such things. */
export function withUserErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MappingError) throw new UserError(error.message, error.remedy);
    throw error;
  }
}
