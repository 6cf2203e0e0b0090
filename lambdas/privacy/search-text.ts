import {
  deleteObject,
  ObjectChangedError,
  type OpenText,
  openText,
  packLines,
  replaceText,
  type TextStore,
} from '../../adapters/s3/text-objects.ts';
import type { Judge, Trace } from '../../core/privacy/trace.ts';
import { type ObjectOutcome, type SearchPorts, UNTOUCHED } from './search-ports.ts';

/** Another erasure can write the same object; it is read again then. */
const ATTEMPTS_MAX = 5;
/** Handed on at once while an object is read, so that memory is bounded whatever it holds. */
const RECORDS_AT_ONCE = 500;

/** An object of lines: read once to find, and once more to write it anew without what was found. */
export function searchLines(
  store: TextStore,
  area: string,
  key: string,
  judge: Judge,
  ports: SearchPorts,
): Promise<ObjectOutcome> {
  return untilUnchanged(async () => {
    const open = await openText(store, key);
    if (open === undefined) return UNTOUCHED;
    const found = await findInLines(open, area, key, judge, ports);
    const outcome = { ...UNTOUCHED, records: found.records, isBroken: found.isBroken };
    if (!ports.isErasing || found.touchedCount === 0) return outcome;
    return change(
      store,
      area,
      key,
      outcome,
      ports,
      found.leftCount > 0 &&
        (async () => {
          const again = await openText(store, key, open.etag);
          if (again === undefined) return;
          const packed = await packLines(linesLeft(again, judge, ports.trace), again.isPacked);
          await replaceText(store, key, open, packed);
        }),
    );
  });
}

async function findInLines(
  { lines }: OpenText,
  area: string,
  key: string,
  judge: Judge,
  { trace, sink }: SearchPorts,
) {
  let records: unknown[] = [];
  let [recordCount, touchedCount, leftCount] = [0, 0, 0];
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) {
      await sink.take(area, key, records);
      return { records: recordCount, touchedCount, leftCount, isBroken: value === 'broken' };
    }
    const judged = judge(value, trace);
    if (judged.kind !== 'theirs' && value !== '') leftCount += 1;
    if (judged.kind === 'unrelated') continue;
    touchedCount += 1;
    recordCount += judged.records.length;
    records.push(...judged.records);
    if (records.length < RECORDS_AT_ONCE) continue;
    await sink.take(area, key, records);
    records = [];
  }
}

async function* linesLeft({ lines }: OpenText, judge: Judge, trace: Trace): AsyncGenerator<string> {
  for await (const line of lines) {
    const judged = judge(line, trace);
    if (judged.kind === 'partly') yield judged.left;
    else if (judged.kind === 'unrelated') yield line;
  }
}

/** An object that is one document. */
export function searchDocument(
  store: TextStore,
  area: string,
  key: string,
  judge: Judge,
  ports: SearchPorts,
): Promise<ObjectOutcome> {
  return untilUnchanged(async () => {
    const open = await openText(store, key);
    if (open === undefined) return UNTOUCHED;
    const { text, isBroken } = await wholeText(open);
    const judged = judge(text, ports.trace);
    if (judged.kind === 'unrelated') return { ...UNTOUCHED, isBroken };
    await ports.sink.take(area, key, judged.records);
    const outcome = { ...UNTOUCHED, records: judged.records.length, isBroken };
    if (!ports.isErasing) return outcome;
    const rewrite = judged.kind === 'partly' && (() => replaceText(store, key, open, judged.left));
    return change(store, area, key, outcome, ports, rewrite);
  });
}

/** Deletes an object, or writes it anew where something in it is another's. */
async function change(
  store: TextStore,
  area: string,
  key: string,
  found: ObjectOutcome,
  { sink }: SearchPorts,
  rewrite: false | (() => Promise<void>),
): Promise<ObjectOutcome> {
  const outcome = { ...found, ...(rewrite === false ? { deleted: 1 } : { rewritten: 1 }) };
  await sink.changing(area, key, outcome);
  await (rewrite === false ? deleteObject(store, key) : rewrite());
  return outcome;
}

async function wholeText({ lines }: OpenText): Promise<{ text: string; isBroken: boolean }> {
  const read: string[] = [];
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) return { text: read.join('\n'), isBroken: value === 'broken' };
    read.push(value);
  }
}

/** @throws ObjectChangedError when it has changed every time. */
export async function untilUnchanged<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ObjectChangedError) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}
