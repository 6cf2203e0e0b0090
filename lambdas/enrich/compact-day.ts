import type { Logger } from '@aws-lambda-powertools/logger';
import {
  type CuratedStore,
  deletePartsFrom,
  partKey,
  putPart,
  readProgress,
  writeProgress,
} from '../../adapters/s3/curated-store.ts';
import { type Lake, rawFiles, readLines } from '../../adapters/s3/lake-reader.ts';
import { type CollectedEvent, collectedEvent } from '../../core/events/event.ts';
import { eventColumns, productColumns, productRowsOf } from '../../core/quality/curated-events.ts';
import { CuratedPart } from '../../core/quality/curated-part.ts';
import { SeenIds } from '../../core/training/seen-ids.ts';
import type { CompactionRun } from './compaction-run.ts';

/** Rows of one Parquet file: some tens of megabytes, which queries read side by side. */
const PART_ROWS_MAX = 100_000;

export interface CompactionPorts {
  readonly lake: Lake;
  readonly curated: CuratedStore;
  readonly logger: Pick<Logger, 'warn'>;
  readonly nowMs: () => number;
}

/**
 * Goes on with a day of the lake until all of it is curated or the time is used up: raw files in
 * order, each event once by its message id, into Parquet parts. A step that fails is repeated from its
 * own beginning and writes the same parts again.
 */
export async function compactDay(
  run: CompactionRun,
  ports: CompactionPorts,
  deadlineMs: number,
): Promise<CompactionRun> {
  const seen =
    run.filesDone === 0
      ? new SeenIds()
      : SeenIds.fromBytes(await readProgress(ports.curated, run.day));
  const step = new CompactionStep(run, ports, seen);
  let fileNumber = 0;
  for await (const key of rawFiles(ports.lake, run.day)) {
    fileNumber += 1;
    if (fileNumber <= run.filesDone) continue;
    if (ports.nowMs() > deadlineMs) return step.pause();
    await step.addFile(key);
  }
  return step.finish();
}

class CompactionStep {
  readonly #ports: CompactionPorts;
  readonly #seen: SeenIds;
  #run: CompactionRun;
  #events = new CuratedPart(eventColumns);
  #products = new CuratedPart(productColumns);

  constructor(run: CompactionRun, ports: CompactionPorts, seen: SeenIds) {
    this.#run = run;
    this.#ports = ports;
    this.#seen = seen;
  }

  async addFile(key: string): Promise<void> {
    let { rows, duplicates, unreadable } = this.#run;
    const full: Promise<void>[] = [];
    const outcome = await readLines(this.#ports.lake, key, (line) => {
      const event = eventOf(line);
      if (event === undefined) unreadable += 1;
      else if (!this.#seen.add(event.messageId)) duplicates += 1;
      else {
        rows += 1;
        this.#add(event);
        if (this.#isFull()) {
          const writing = this.#writeParts();
          // Awaited below; until then a failure is nobody's yet.
          writing.catch(() => undefined);
          full.push(writing);
        }
      }
    });
    await Promise.all(full);
    if (outcome === 'broken') this.#ports.logger.warn('a raw file ends early', { key });
    this.#run = { ...this.#run, filesDone: this.#run.filesDone + 1, rows, duplicates, unreadable };
  }

  /** The parts so far and the ids seen are durable; the next step goes on from here. */
  async pause(): Promise<CompactionRun> {
    await this.#writeParts();
    await writeProgress(this.#ports.curated, this.#run.day, this.#seen.toBytes());
    return { ...this.#run, isDone: false };
  }

  async finish(): Promise<CompactionRun> {
    await this.#writeParts();
    const { day, parts } = this.#run;
    for (const table of ['events', 'event_products']) {
      await deletePartsFrom(this.#ports.curated, table, day, parts);
    }
    return { ...this.#run, isDone: true };
  }

  #add(event: CollectedEvent): void {
    this.#events.add(event);
    for (const row of productRowsOf(event)) this.#products.add(row);
  }

  #isFull(): boolean {
    return this.#events.rowCount >= PART_ROWS_MAX || this.#products.rowCount >= PART_ROWS_MAX;
  }

  /** Both tables share the numbering, so that a part of the one belongs to a part of the other. */
  #writeParts(): Promise<void> {
    const [events, products] = [this.#events, this.#products];
    if (events.rowCount === 0) return Promise.resolve();
    this.#events = new CuratedPart(eventColumns);
    this.#products = new CuratedPart(productColumns);
    const { day, parts } = this.#run;
    this.#run = { ...this.#run, parts: parts + 1 };
    const { curated } = this.#ports;
    return Promise.all([
      putPart(curated, partKey('events', day, parts), events.columns),
      putPart(curated, partKey('event_products', day, parts), products.columns),
    ]).then(() => undefined);
  }
}

function eventOf(line: string): CollectedEvent | undefined {
  try {
    const parsed = collectedEvent.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
