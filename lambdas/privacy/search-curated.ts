import {
  type CuratedRow,
  readCurated,
  replaceCurated,
  rowsOf,
} from '../../adapters/s3/curated-rows.ts';
import type { CuratedStore } from '../../adapters/s3/curated-store.ts';
import type { Trace } from '../../core/privacy/trace.ts';
import {
  type ColumnType,
  type CuratedColumn,
  eventColumns,
  productColumns,
} from '../../core/quality/curated-events.ts';
import { type ObjectOutcome, type SearchPorts, UNTOUCHED } from './search-ports.ts';
import { untilUnchanged } from './search-text.ts';

/** What tells whose a row is, without reading the rest of the file. */
const OWNER_COLUMNS = ['message_id', 'customer', 'occurred_at', 'received_at'];

/**
 * A curated file of events, and the one of their products beside it. The products go first: which they are, the
 * events' rows tell.
 */
export function searchCurated(
  store: CuratedStore,
  key: string,
  ports: SearchPorts,
): Promise<ObjectOutcome> {
  return untilUnchanged(async () => {
    const events = await readCurated(store, key);
    if (events === undefined) return UNTOUCHED;
    const owners = await rowsOf(events, OWNER_COLUMNS);
    const theirs = new Set(
      owners.filter((row) => isOfPerson(row, ports.trace)).map(({ message_id }) => message_id),
    );
    if (theirs.size === 0) return UNTOUCHED;
    const isTheirs = ({ message_id }: CuratedRow) => theirs.has(message_id);
    const rows = await rowsOf(events);
    const found = rows.filter(isTheirs);
    await ports.sink.take('curated', key, found);
    const productCount = await takeProducts(store, key, isTheirs, ports);
    const outcome = { ...UNTOUCHED, records: found.length + productCount };
    if (!ports.isErasing) return outcome;
    const left = rows.filter((row) => !isTheirs(row));
    const ofEvents = { ...UNTOUCHED, records: found.length, rewritten: 1 };
    await ports.sink.changing('curated', key, ofEvents);
    await replaceCurated(store, events, left, typesOf(eventColumns));
    return { ...outcome, rewritten: productCount > 0 ? 2 : 1 };
  });
}

async function takeProducts(
  store: CuratedStore,
  eventsKey: string,
  isTheirs: (row: CuratedRow) => boolean,
  { sink, isErasing }: SearchPorts,
): Promise<number> {
  const key = eventsKey.replace('curated/events/', 'curated/event_products/');
  const products = await readCurated(store, key);
  if (products === undefined) return 0;
  const rows = await rowsOf(products);
  const found = rows.filter(isTheirs);
  await sink.take('curated', key, found);
  if (isErasing && found.length > 0) {
    const left = rows.filter((row) => !isTheirs(row));
    const outcome = { ...UNTOUCHED, records: found.length, rewritten: 1 };
    await sink.changing('curated', key, outcome);
    await replaceCurated(store, products, left, typesOf(productColumns));
  }
  return found.length;
}

function isOfPerson({ customer, occurred_at, received_at }: CuratedRow, trace: Trace): boolean {
  if (typeof customer !== 'string' || !trace.hasRef(customer)) return false;
  return trace.isMeant({ timestamp: timeText(occurred_at), receivedAt: timeText(received_at) });
}

/** A row without a time is of no time that could be after an erasure. */
function timeText(value: CuratedRow[string]): string {
  return (value instanceof Date ? value : new Date(0)).toISOString();
}

function typesOf<Row>(columns: readonly CuratedColumn<Row>[]): ReadonlyMap<string, ColumnType> {
  return new Map(columns.map(({ name, type }) => [name, type]));
}
