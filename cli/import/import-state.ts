import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../user-error.ts';

/** An unknown version is not guessed at: the import starts anew, and duplicates are recognised behind the collector. */
const STATE_VERSION = 1;

const stored = z.object({
  version: z.literal(STATE_VERSION),
  /** One bit per group of the file, base64: set once the collector acknowledged it. */
  acknowledged: z.base64(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});

/** What makes an import the same import: the file's content, the mapping's, and where it goes. */
export interface ImportIdentity {
  readonly fileSha256: string;
  readonly mappingSha256: string;
  readonly collector: string;
  readonly writeKey: string;
}

/** Which groups of a file the collector has acknowledged, in this run and before. */
export class ImportState {
  readonly #file: string;
  readonly startedAt: string;
  /** Set when an earlier run came to the end of the file. */
  readonly finishedBefore: string | undefined;
  #bits: Uint8Array;

  constructor(file: string, startedAt: string, finishedBefore?: string, bits = new Uint8Array(0)) {
    this.#file = file;
    this.startedAt = startedAt;
    this.finishedBefore = finishedBefore;
    this.#bits = bits;
  }

  has(ordinal: number): boolean {
    return ((this.#bits[ordinal >> 3] ?? 0) & (1 << (ordinal & 7))) !== 0;
  }

  get isResumed(): boolean {
    return this.#bits.some((byte) => byte !== 0);
  }

  acknowledge(ordinal: number): void {
    const place = ordinal >> 3;
    if (place >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(1024, (place + 1) * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[place] = (this.#bits[place] ?? 0) | (1 << (ordinal & 7));
  }

  /** Writes the state whole or not at all. */
  async save(finishedAt?: string): Promise<void> {
    const content = {
      version: STATE_VERSION,
      acknowledged: Buffer.from(this.#bits).toString('base64'),
      startedAt: this.startedAt,
      finishedAt: finishedAt ?? this.finishedBefore,
    };
    await writeWhole(this.#file, `${JSON.stringify(content)}\n`);
  }
}

/** The state of an import as an earlier run left it, or a new one. */
export async function openState(
  folder: string,
  file: string,
  identity: ImportIdentity,
  options: { restart: boolean; now: string },
): Promise<ImportState> {
  const path = statePath(folder, file, identity);
  const found = options.restart ? undefined : await readStored(path);
  if (found === undefined) return new ImportState(path, options.now);
  const bits = new Uint8Array(Buffer.from(found.acknowledged, 'base64'));
  return new ImportState(path, found.startedAt, found.finishedAt, bits);
}

/** Writes a file beside its place and moves it there, so that no reader and no crash sees half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** What to tell about a file that can't be written; other errors pass unchanged. */
export function unwritable(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError(
      `No disk space left for ${file}.`,
      'Free some and run the same command again.',
    );
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new UserError(
      `${file} can't be written (${code}).`,
      'Name a writable folder with --state.',
    );
  }
  return error;
}

async function readStored(path: string): Promise<z.infer<typeof stored> | undefined> {
  try {
    const parsed = stored.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function statePath(folder: string, file: string, identity: ImportIdentity): string {
  // The write key is hashed with the rest: the state may be read by others.
  const { fileSha256, mappingSha256, collector, writeKey } = identity;
  const digest = createHash('sha256')
    .update(JSON.stringify([fileSha256, mappingSha256, collector, writeKey]))
    .digest('hex');
  return join(folder, `${basename(file)}-${digest.slice(0, 12)}.state.json`);
}
