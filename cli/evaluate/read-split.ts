import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  type Dictionaries,
  emptyDictionaries,
  SplitLineError,
  SplitLines,
} from '../../core/training/holdout/split-lines.ts';
import type { SparseRows } from '../../core/training/models/trained-model.ts';
import { UserError } from '../user-error.ts';

export interface Split {
  readonly train: SparseRows;
  readonly test: SparseRows;
  /** Items that train names; `train.columnCount` counts those of test too. */
  readonly itemsOfTrain: number;
  /** What should be known of the files though it is no error. */
  readonly notes: readonly string[];
}

const FORM = 'A line is `user item item …`, apart by blanks; the file may be compressed by gzip.';
/** So many users do not all have as many items by chance. */
const TRIPLES_MIN = 20;
/** RFC 1952, section 2.3.1. */
const GZIP_MAGIC = [0x1f, 0x8b];

/** @throws UserError naming the file, the line and what to do */
export async function readSplit(trainFile: string, testFile: string): Promise<Split> {
  const dictionaries = emptyDictionaries();
  const trainLines = await readLines(trainFile, dictionaries);
  const itemsOfTrain = dictionaries.items.size;
  const customersOfTrain = dictionaries.customers.size;
  const testLines = await readLines(testFile, dictionaries);
  const { rows: train, repeated: repeatedInTrain } = trainLines.rows();
  const { rows: test, repeated: repeatedInTest } = testLines.rows();
  const overlap = pairsInBoth(train, test);
  const notes = [
    [repeatedInTrain, `items in ${trainFile} stood twice at one user and count once`],
    [repeatedInTest, `items in ${testFile} stood twice at one user and count once`],
    [overlap, 'pairs stand in both files; they are not ranked and count as not found'],
    [dictionaries.customers.size - customersOfTrain, 'users of test are not in train'],
    [dictionaries.items.size - itemsOfTrain, 'items of test are not in train: none can find them'],
  ] as const;
  return {
    train,
    test,
    itemsOfTrain,
    notes: [
      ...notes.flatMap(([count, text]) => (count === 0 ? [] : [`${count} ${text}`])),
      ...noteOfTriples(trainFile, trainLines),
      ...noteOfTriples(testFile, testLines),
    ],
  };
}

/** Lines of `user item rating time` are read without an error, with ratings and times for items. */
function noteOfTriples(file: string, { lines, fieldsOfEvery }: SplitLines): string[] {
  if (lines < TRIPLES_MIN || fieldsOfEvery === undefined || fieldsOfEvery < 3) return [];
  return [
    `every line of ${file} has ${fieldsOfEvery} fields; if they are a user, an item and what was said of it, keep the first two`,
  ];
}

async function readLines(file: string, dictionaries: Dictionaries): Promise<SplitLines> {
  const lines = new SplitLines(dictionaries);
  try {
    const isCompressed = await startsAsGzip(file);
    const raw = createReadStream(file);
    // A broken archive's error must reach the reader of lines.
    const stream = isCompressed ? raw.pipe(createGunzip()) : raw;
    raw.on('error', (error) => stream.destroy(error));
    await addLines(lines, stream);
  } catch (error) {
    throw readingError(file, error);
  }
  if (lines.isEmpty) {
    throw new UserError(`${file} has no interaction: no line names an item.`, FORM);
  }
  return lines;
}

async function addLines(lines: SplitLines, stream: Readable): Promise<void> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.add(line);
  }
  if (rest !== '') lines.add(rest);
}

async function startsAsGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return GZIP_MAGIC.every((byte, at) => buffer[at] === byte);
  } finally {
    await handle.close();
  }
}

function readingError(file: string, error: unknown): Error {
  if (error instanceof SplitLineError) {
    return new UserError(`${file}, line ${error.line}: ${error.message}.`, FORM);
  }
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new UserError(`${file} does not exist.`, 'Check the path.');
  if (code === 'EISDIR') return new UserError(`${file} is a folder.`, 'Give a file.');
  if (code === 'EACCES') {
    return new UserError(`${file} may not be read.`, 'Give yourself the right to read it.');
  }
  if (code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new UserError(
      `${file} is a damaged gzip file: ${error.message}.`,
      'Test it with `gzip -t`, and fetch or write it again.',
    );
  }
  return error;
}

/** Items of both rows, which are in ascending order. */
function pairsInBoth(train: SparseRows, test: SparseRows): number {
  let count = 0;
  for (let row = 0; row + 1 < train.offsets.length; row++) {
    const known = new Set(train.columns.subarray(train.offsets[row], train.offsets[row + 1]));
    if (known.size === 0) continue;
    for (const item of test.columns.subarray(test.offsets[row], test.offsets[row + 1])) {
      if (known.has(item)) count += 1;
    }
  }
  return count;
}
