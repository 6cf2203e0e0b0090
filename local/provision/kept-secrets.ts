import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/**
 * Secrets kept with the data of a local cloud, by name: the identities in kept tables are hashes
 * under one of them, and would mean nobody under another. In memory without a file.
 */
export class KeptSecrets {
  readonly #file: string | undefined;
  readonly #values: Record<string, string>;

  constructor(file: string | undefined) {
    this.#file = file;
    this.#values = file === undefined ? {} : readValues(file);
  }

  /** The kept value, or the one generated now and kept from now on. */
  get(name: string, generate: () => string): string {
    const kept = this.#values[name];
    if (kept !== undefined) return kept;
    const value = generate();
    this.#values[name] = value;
    if (this.#file !== undefined) {
      writeFileSync(this.#file, `${JSON.stringify(this.#values, null, 2)}\n`, { mode: 0o600 });
    }
    return value;
  }
}

function readValues(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const parsed = z.record(z.string(), z.string()).safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} does not hold secrets by name. Choose another folder with --data.`);
}
