import { basename, join, parse } from 'node:path';
import { readRows } from '../../adapters/files/read-rows.ts';
import { localFile } from '../../adapters/files/stored-file.ts';
import { type CallBuilder, createCallBuilder } from '../../core/mapping/build-call.ts';
import { type RowGroup, RowGrouper } from '../../core/mapping/group-rows.ts';
import { createRowInterpreter } from '../../core/mapping/interpret-row.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { type ImportOutcome, RowTally } from '../../core/mapping/row-tally.ts';
import { UserError } from '../user-error.ts';
import { type ImportState, openState, writeWhole } from './import-state.ts';
import { type LoadedMapping, loadMapping, withUserErrors } from './load-mapping.ts';
import { type CheckedFile, checkFile, unreadable } from './read-file.ts';
import { RejectsFile } from './rejects-file.ts';
import { BatchSender, type Destination } from './send-batches.ts';

export interface ImportOptions extends Destination {
  readonly file: string;
  /** Path of the mapping document. */
  readonly mapping: string;
  /** Folder of the resumable state, the manifest and the refused rows. */
  readonly stateFolder?: string;
  /** Where the manifest goes; default `<stateFolder>/<file name>.manifest.json`. */
  readonly manifest?: string;
  /** Forget what earlier runs sent. */
  readonly restart?: boolean;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops the import; what was acknowledged is remembered. */
  readonly signal?: AbortSignal;
}

export interface ImportProgress {
  readonly rows: number;
  readonly events: number;
  readonly bytesRead: number;
  readonly bytes: number;
}

/** What became of every row and every event. */
export interface ImportReport extends ImportOutcome {
  readonly file: string;
  readonly mapping: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** When an earlier run already came to the end of this file. */
  readonly finishedBefore?: string;
  readonly events: {
    readonly accepted: number;
    readonly duplicate: number;
    readonly quarantined: number;
  };
  /** Where the rows are that the mapping could not convert, if there are any. */
  readonly rejects?: string;
  readonly manifest: string;
}

export const STATE_FOLDER = '.kindred/imports';
/** How much work a crash can cost: what was acknowledged since is sent again and recognised as duplicate. */
const SAVE_EVERY_MS = 1_000;
const PROGRESS_EVERY_MS = 200;

/**
 * Imports a file: rows through the mapping into events, events into the collector.
 * @throws UserError for everything that the person at the keyboard can cure.
 */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const loaded = await loadMapping(options.mapping);
  const { format } = loaded.mapping;
  if (loaded.mapping.items !== undefined) {
    throw new UserError(
      'The mapping makes items of the catalogue, which the collector does not take.',
      'Drop the file on S3: kindred drop <file> --source <id>.',
    );
  }
  const file = await checkFile(options.file, loaded.mapping);
  const folder = options.stateFolder ?? STATE_FOLDER;
  const state = await openState(
    folder,
    options.file,
    { ...options, fileSha256: file.sha256, mappingSha256: loaded.sha256 },
    { restart: options.restart ?? false, now: new Date().toISOString() },
  );
  const rejects = new RejectsFile(join(folder, rejectsName(options.file, format.type)), format);
  await rejects.clear();
  // Saved before anything is sent: an import that can't remember what it sent had better not start.
  await state.save();
  const run = new ImportRun(loaded, file, state, rejects, options);
  await run.execute();
  const manifest = options.manifest ?? join(folder, `${basename(options.file)}.manifest.json`);
  const report = run.report(manifest, new Date().toISOString());
  await writeWhole(manifest, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** `orders.csv.gz` gives `orders.rejects.csv`: it can be imported like the file it comes from. */
function rejectsName(file: string, format: Mapping['format']['type']): string {
  const { name, ext } = parse(basename(file).replace(/\.(gz|zst)$/i, ''));
  return `${name}.rejects${format === 'parquet' ? '.jsonl' : ext}`;
}

class ImportRun {
  readonly #loaded: LoadedMapping;
  readonly #file: CheckedFile;
  readonly #state: ImportState;
  readonly #rejects: RejectsFile;
  readonly #options: ImportOptions;
  readonly #signal: AbortSignal;
  readonly #buildCall: CallBuilder;
  readonly #tally = new RowTally();
  readonly #events = { accepted: 0, duplicate: 0, quarantined: 0 };
  #bytesRead = 0;
  #savedAtMs = Date.now();
  #toldAtMs = 0;

  constructor(
    loaded: LoadedMapping,
    file: CheckedFile,
    state: ImportState,
    rejects: RejectsFile,
    options: ImportOptions,
  ) {
    this.#loaded = loaded;
    this.#file = file;
    this.#state = state;
    this.#rejects = rejects;
    this.#options = options;
    this.#buildCall = createCallBuilder(loaded.mapping);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  /** Sends the whole file, or throws with the state saved so that the next run goes on from there. */
  async execute(): Promise<void> {
    const sender = this.#createSender();
    try {
      for await (const group of this.#groups()) await this.#handle(group, sender);
      await sender.finish();
      await this.#rejects.close();
    } catch (error) {
      await sender.settle();
      await this.#state.save();
      throw this.#signal.aborted ? interrupted() : error;
    }
    await this.#state.save(new Date().toISOString());
    this.#tellProgress(0);
  }

  report(manifest: string, finishedAt: string): ImportReport {
    const { finishedBefore } = this.#state;
    return {
      ...this.#tally.outcome(),
      file: this.#options.file,
      mapping: this.#loaded.mapping.id,
      startedAt: this.#state.startedAt,
      finishedAt,
      ...(finishedBefore === undefined ? {} : { finishedBefore }),
      events: this.#events,
      ...(this.#rejects.rowCount === 0 ? {} : { rejects: this.#rejects.path }),
      manifest,
    };
  }

  async *#groups(): AsyncGenerator<RowGroup> {
    const { mapping } = this.#loaded;
    const interpret = withUserErrors(() => createRowInterpreter(mapping));
    const grouper = new RowGrouper(mapping);
    const file = await localFile(this.#file.path, (count) => {
      this.#bytesRead += count;
    });
    try {
      for await (const { rows, next } of readRows(file, mapping)) {
        this.#rejects.setHeader(next.header);
        for (const row of rows) {
          this.#signal.throwIfAborted();
          this.#tally.rows += 1;
          const interpreted = interpret(row);
          if (interpreted.kind === 'skipped') this.#tally.skip(interpreted.reason);
          else yield* grouper.add(row, interpreted);
        }
      }
    } catch (error) {
      throw unreadable(this.#file.path, error);
    }
    yield* grouper.finish();
  }

  async #handle(group: RowGroup, sender: BatchSender<RowGroup>): Promise<void> {
    this.#tally.duplicate += group.duplicateRowCount;
    this.#tellProgress(PROGRESS_EVERY_MS);
    if (group.refusedBecause !== undefined) return this.#setAside(group, group.refusedBecause);
    if (this.#state.has(group.ordinal)) return this.#countAcknowledged(group);
    const call = this.#buildCall(group);
    if (call === undefined) return this.#setAside(group, 'no event of the mapping applies');
    await sender.add({ call, subject: group });
    if (Date.now() - this.#savedAtMs > SAVE_EVERY_MS) {
      this.#savedAtMs = Date.now();
      await this.#state.save();
    }
  }

  /** In a run that goes on they are this import's own; after a finished one they are sent no second time. */
  #countAcknowledged(group: RowGroup): void {
    const outcome = this.#state.finishedBefore === undefined ? 'accepted' : 'duplicate';
    this.#tally[outcome] += group.rows.length;
    this.#events[outcome] += 1;
  }

  async #setAside(group: RowGroup, reason: string): Promise<void> {
    this.#tally.quarantine(reason, group.rows.length);
    await this.#rejects.add(group.rows);
  }

  #createSender(): BatchSender<RowGroup> {
    const { collector, writeKey } = this.#options;
    return new BatchSender<RowGroup>(
      { collector, writeKey },
      {
        onAccepted: (group) => {
          this.#state.acknowledge(group.ordinal);
          this.#tally.accepted += group.rows.length;
          this.#events.accepted += 1;
        },
        onRefused: (group, reason) => {
          this.#tally.quarantine(reason, group.rows.length);
          this.#events.quarantined += 1;
        },
      },
      this.#signal,
    );
  }

  #tellProgress(everyMs: number): void {
    const nowMs = Date.now();
    if (nowMs - this.#toldAtMs < everyMs) return;
    this.#toldAtMs = nowMs;
    this.#options.onProgress?.({
      rows: this.#tally.rows,
      events: this.#events.accepted + this.#events.duplicate + this.#events.quarantined,
      bytesRead: this.#bytesRead,
      bytes: this.#file.bytes,
    });
  }
}

function interrupted(): UserError {
  return new UserError(
    'The import was interrupted; what the collector acknowledged is remembered.',
    'Run the same command again to go on from there, or with --restart to start anew.',
  );
}
