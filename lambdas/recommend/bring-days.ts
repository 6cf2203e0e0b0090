import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskFull } from '../../adapters/duckdb/disk-full.ts';
import type { SnapshotDatabase } from '../../adapters/duckdb/snapshot-database.ts';
import { LineWriter } from '../../adapters/files/line-writer.ts';
import {
  deleteDayFile,
  downloadDayFile,
  lakeDays,
  type StoredDayFile,
  storedDayFiles,
  uploadDayFile,
} from '../../adapters/s3/lake-days.ts';
import { type Lake, readLines } from '../../adapters/s3/lake-reader.ts';
import { deedsOf, firstPlaceOf } from '../../core/training/day-deeds.ts';
import {
  type DayFacts,
  dayFacts,
  fingerprintOf,
  type LakeDay,
} from '../../core/training/snapshot-days.ts';

export interface DayPorts {
  readonly lake: Lake;
  readonly database: SnapshotDatabase;
  /** An empty folder. */
  readonly folder: string;
  /** Of all days' files and the one that is being made, together. */
  readonly diskBytesMax: number;
  readonly nowMs: () => number;
}

export interface BroughtDay extends DayFacts {
  readonly day: string;
  readonly fingerprint: string;
  /** On this machine. */
  readonly path: string;
  /** Whether it was read from the lake, or is as an earlier snapshot has left it. */
  readonly isRead: boolean;
}

/** The workflow's own time-out: a file that is older is used by no run any more. */
const RUN_MS_MAX = 2 * 60 * 60 * 1000;

/**
 * Brings the file of every day of the lake to this machine: those of days that have not changed as they were
 * left, the others made anew. Then deletes those that no snapshot will use again.
 * @throws DiskFull when they don't fit.
 */
export async function bringDays(ports: DayPorts): Promise<BroughtDay[]> {
  const stored = await storedDayFiles(ports.lake);
  const known = new Map(stored.map((file) => [file.fingerprint, file]));
  const days: BroughtDay[] = [];
  let usedBytes = 0;
  for await (const day of lakeDays(ports.lake)) {
    const brought = await bringDay(day, known, usedBytes, ports);
    usedBytes += (await stat(brought.path)).size;
    days.push(brought);
  }
  await deleteUnused(stored, days, ports);
  return days;
}

async function bringDay(
  day: LakeDay,
  known: ReadonlyMap<string, StoredDayFile>,
  usedBytes: number,
  ports: DayPorts,
): Promise<BroughtDay> {
  const { lake, database, folder } = ports;
  const fingerprint = fingerprintOf(day);
  const path = join(folder, `${day.day}.parquet`);
  const place = { day: day.day, fingerprint, path };
  const file = known.get(fingerprint);
  if (file !== undefined) {
    assertRoom(usedBytes + file.bytes, ports);
    if (await downloadDayFile(lake, file, path)) {
      const facts = dayFacts.parse(Object.fromEntries(await database.about(path)));
      return { ...place, ...facts, isRead: false };
    }
  }
  const facts = await readDay(day, path, usedBytes, ports);
  await uploadDayFile(lake, { day: day.day, fingerprint }, path);
  return { ...place, ...facts, isRead: true };
}

async function readDay(
  { day, objects }: LakeDay,
  path: string,
  usedBytes: number,
  ports: DayPorts,
): Promise<DayFacts> {
  const facts = { files: objects.length, lines: 0, malformedLines: 0, unreadableFiles: 0 };
  const rowsPath = `${path}.ndjson`;
  const writer = new LineWriter(rowsPath);
  const first = firstPlaceOf(day);
  try {
    for (const { key } of objects) {
      const outcome = await readLines(ports.lake, key, (line) => {
        const deeds = deedsOf(line, first + facts.lines);
        facts.lines++;
        if (deeds === undefined) facts.malformedLines++;
        for (const deed of deeds ?? []) writer.write(JSON.stringify(deed));
      });
      if (outcome === 'broken') facts.unreadableFiles++;
      assertRoom(usedBytes + writer.bytes, ports);
    }
  } finally {
    writer.close();
  }
  const about = Object.entries(facts).map(([name, value]) => [name, String(value)]);
  await ports.database.writeDay(rowsPath, path, Object.fromEntries(about));
  await unlink(rowsPath);
  return facts;
}

/** Before the operating system says it: whose disk is full to the brim can't tell why. */
function assertRoom(bytes: number, { diskBytesMax }: DayPorts): void {
  if (bytes <= diskBytesMax) return;
  throw new DiskFull(
    `the days of the lake take more than the ${Math.round(diskBytesMax / 1024 ** 2)} MB that the snapshot ` +
      'may use of /tmp; keep fewer days in the lake (lakeRetentionDays in cdk/environments.ts)',
  );
}

async function deleteUnused(
  stored: readonly StoredDayFile[],
  days: readonly BroughtDay[],
  { lake, nowMs }: DayPorts,
): Promise<void> {
  const used = new Set(days.map(({ fingerprint }) => fingerprint));
  for (const file of stored) {
    const isYoung = nowMs() - file.writtenAtMs < RUN_MS_MAX;
    if (!used.has(file.fingerprint) && !isYoung) await deleteDayFile(lake, file);
  }
}
