import * as z from 'zod';
import { FileError } from '../../adapters/files/file-error.ts';
import {
  FIRST_PLACE,
  type ReadingPlace,
  readingPlace,
  readRows,
} from '../../adapters/files/read-rows.ts';
import type { StoredFile } from '../../adapters/files/stored-file.ts';
import { createIdentifiedCallBuilder } from '../../core/mapping/build-call.ts';
import { chunkName, rejectsKey, workKey } from '../../core/mapping/file-drop.ts';
import { groupingState, type RowGroup, RowGrouper } from '../../core/mapping/group-rows.ts';
import { createRowInterpreter, type Fields } from '../../core/mapping/interpret-row.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import type { MessageMarks } from '../../core/mapping/message-marks.ts';
import { rejectedLine, rejectsExtension, rejectsHead } from '../../core/mapping/rejected-row.ts';
import type { Row } from '../../core/mapping/row.ts';
import { RowTally } from '../../core/mapping/row-tally.ts';
import type { FeedSplit } from './feed-split.ts';
import { ImportRefused, type ImportRun } from './import-run.ts';
import { ObjectSeries } from './object-series.ts';

export interface SplitPorts {
  readonly file: StoredFile;
  readonly mapping: Mapping;
  /** Events that earlier files of the mapping brought. */
  readonly taken: Pick<MessageMarks, 'has'>;
  /** Takes the rows of a file of items; absent where they become events. */
  readonly feed?: FeedSplit;
  /** Where the last step stopped; nothing for the first. */
  readonly progress: SplitProgress | undefined;
  /** Writes an object of the drop bucket. */
  readonly put: (key: string, body: string) => Promise<void>;
  readonly nowMs: () => number;
}

/** What a step leaves to the next. */
export const splitProgress = z.object({ place: readingPlace, grouping: groupingState });
export type SplitProgress = z.infer<typeof splitProgress>;

/** A chunk's size: some seconds of work for the step that takes it in, and few objects for a large file. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Rows kept for repair, an object. */
const REJECTS_BYTES = 4 * 1024 * 1024;

/**
 * Reads the file on from where the last step stopped, in constant memory, and cuts it into chunks of
 * calls. Nothing is sent before all of it has been read. A step that fails is repeated from its own
 * beginning and writes the same objects again.
 * @throws ImportRefused when the file can't be read as its mapping says.
 */
export async function splitFile(
  run: ImportRun,
  ports: SplitPorts,
  deadlineMs: number,
): Promise<{ readonly run: ImportRun; readonly progress?: SplitProgress }> {
  const splitter = new FileSplitter(run, ports);
  try {
    for await (const { rows, next } of readRows(ports.file, ports.mapping, splitter.place)) {
      await splitter.add(rows, next);
      // An empty batch is the end, which is not worth another step.
      if (rows.length > 0 && ports.nowMs() > deadlineMs) return await splitter.pause();
    }
  } catch (error) {
    if (error instanceof FileError) throw new ImportRefused(`${error.message} ${error.remedy}`);
    throw error;
  }
  return splitter.finish();
}

class FileSplitter {
  place: ReadingPlace;
  readonly #run: ImportRun;
  readonly #mapping: Mapping;
  readonly #taken: SplitPorts['taken'];
  readonly #feed: FeedSplit | undefined;
  readonly #grouper: RowGrouper;
  readonly #interpret: ReturnType<typeof createRowInterpreter>;
  readonly #build: ReturnType<typeof createIdentifiedCallBuilder>;
  readonly #tally = new RowTally();
  readonly #chunks: ObjectSeries;
  readonly #rejects: ObjectSeries;
  #duplicateEvents: number;
  #chunkRows: number;

  constructor(run: ImportRun, ports: SplitPorts) {
    const { mapping, progress, put } = ports;
    const { format } = mapping;
    this.#run = run;
    this.#mapping = mapping;
    this.#taken = ports.taken;
    this.#feed = ports.feed;
    this.place = progress?.place ?? FIRST_PLACE;
    this.#grouper = new RowGrouper(mapping, progress?.grouping);
    this.#interpret = createRowInterpreter(mapping);
    this.#build = createIdentifiedCallBuilder(mapping);
    this.#tally.add(run.counts);
    this.#duplicateEvents = run.duplicateEvents;
    this.#chunkRows = run.chunkRows;
    this.#chunks = new ObjectSeries({
      count: run.chunkCount,
      bytesMax: CHUNK_BYTES,
      put: (chunk, text) => put(workKey(run.runId, chunkName(chunk)), text),
    });
    this.#rejects = new ObjectSeries({
      count: run.rejectsCount,
      bytesMax: REJECTS_BYTES,
      put: (part, text) =>
        put(
          rejectsKey(run.key, part, rejectsExtension(format)),
          rejectsHead(format, this.place.header) + text,
        ),
    });
  }

  async add(rows: readonly Row[], next: ReadingPlace): Promise<void> {
    // The header is known with the first rows, before any of them can be set aside.
    this.place = next;
    for (const row of rows) {
      this.#tally.rows += 1;
      const interpreted = this.#interpret(row);
      if (interpreted.kind === 'skipped') this.#tally.skip(interpreted.reason);
      else for (const group of this.#grouper.add(row, interpreted)) await this.#take(group);
    }
  }

  async pause(): Promise<{ run: ImportRun; progress: SplitProgress }> {
    const run = await this.#written();
    return { run, progress: { place: this.place, grouping: this.#grouper.state() } };
  }

  async finish(): Promise<{ run: ImportRun }> {
    for (const group of this.#grouper.finish()) await this.#take(group);
    const feed = this.#feed?.finish();
    for (const line of feed?.lines ?? []) await this.#chunks.add(line);
    const run = { ...(await this.#written()), isSplit: true };
    return { run: feed === undefined ? run : { ...run, feed: feed.report } };
  }

  async #take(group: RowGroup): Promise<void> {
    this.#tally.duplicate += group.duplicateRowCount;
    if (this.#feed !== undefined) {
      return this.#takeItem(group, this.#feed.take(group, this.#readable(group)));
    }
    const call = group.refusedBecause === undefined ? this.#build(group) : undefined;
    if (call === undefined) {
      await this.#refuse(group, group.refusedBecause ?? 'no event of the mapping applies');
    } else if (this.#taken.has(call.messageId)) {
      this.#tally.duplicate += group.rows.length;
      this.#duplicateEvents += 1;
    } else {
      this.#chunkRows += group.rows.length;
      await this.#chunks.add(`{"rows":${group.rows.length},"call":${call.text}}\n`);
    }
  }

  async #takeItem(group: RowGroup, taken: ReturnType<FeedSplit['take']>): Promise<void> {
    if (taken.kind === 'refused') return this.#refuse(group, taken.reason);
    if (taken.kind === 'duplicate') {
      this.#tally.duplicate += group.rows.length;
      return;
    }
    this.#chunkRows += group.rows.length;
    await this.#chunks.add(taken.line);
  }

  #readable({ lines, rows }: RowGroup): Fields {
    const [line] = lines;
    const [row] = rows;
    if (line !== undefined || row === undefined) return line ?? {};
    const interpreted = this.#interpret(row);
    return interpreted.kind === 'skipped' ? {} : interpreted.fields;
  }

  async #refuse(group: RowGroup, reason: string): Promise<void> {
    this.#tally.quarantine(reason, group.rows.length);
    const { format } = this.#mapping;
    for (const { raw } of group.rows) {
      await this.#rejects.add(rejectedLine(raw, format, this.place.header));
    }
  }

  async #written(): Promise<ImportRun> {
    await this.#chunks.flush();
    await this.#rejects.flush();
    return {
      ...this.#run,
      counts: this.#tally.counts,
      duplicateEvents: this.#duplicateEvents,
      chunkCount: this.#chunks.count,
      chunkRows: this.#chunkRows,
      rejectsCount: this.#rejects.count,
    };
  }
}
