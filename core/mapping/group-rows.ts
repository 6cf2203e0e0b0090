import * as z from 'zod';
import { type Fields, fieldValue, type InterpretedRow } from './interpret-row.ts';
import type { Mapping } from './mapping.ts';
import type { Row } from './row.ts';

/** The rows that become one event. */
export interface RowGroup {
  /** The group's place in the file, counted from 0; the same in every run over the same file. */
  readonly ordinal: number;
  readonly key: string;
  readonly lines: readonly Fields[];
  /** The rows as they came. */
  readonly rows: readonly Row[];
  /** Set when a row of the group can't be converted: an event of the others would be wrong. */
  readonly refusedBecause?: string;
  readonly duplicateRowCount: number;
}

/** More rows than any event can hold; a wrong grouping field would otherwise collect the whole file. */
const GROUP_ROWS_MAX = 20_000;

/** Closed groups remembered, to notice a row that comes too late: about 100 MB at most. */
const CLOSED_GROUPS_MAX = 1_000_000;

export const TOO_LATE = 'group already sent: raise group.windowRows';
export const TOO_MANY_ROWS = 'too many rows in one group';

/** A grouper between two rows, as JSON: a later one goes on from it. */
export const groupingState = z.object({
  nextOrdinal: z.int().nonnegative(),
  closed: z.array(z.string()),
  open: z.array(
    z.object({
      ordinal: z.int().nonnegative(),
      key: z.string(),
      lines: z.array(z.record(z.string(), fieldValue)),
      rows: z.array(
        z.object({
          number: z.int(),
          cells: z.array(z.string()),
          raw: z.array(z.string()),
          problem: z.string().exactOptional(),
        }),
      ),
      refusedBecause: z.string().exactOptional(),
      duplicateRowCount: z.int().nonnegative(),
      lastRow: z.int(),
    }),
  ),
});
export type GroupingState = z.infer<typeof groupingState>;

interface OpenGroup {
  ordinal: number;
  key: string;
  lines: Fields[];
  rows: Row[];
  refusedBecause?: string;
  duplicateRowCount: number;
  lastRow: number;
  seenRows: Set<string>;
}

/**
 * Collects rows into groups in constant memory: a group is closed once more than `windowRows` other
 * rows have gone by. Groups come out in the order in which they were last seen.
 */
export class RowGrouper {
  readonly #mapping: Mapping;
  readonly #windowRows: number;
  /** Least recently touched first. */
  readonly #open = new Map<string, OpenGroup>();
  readonly #closed = new Set<string>();
  #nextOrdinal = 0;

  constructor(mapping: Mapping, state?: GroupingState) {
    this.#mapping = mapping;
    this.#windowRows = mapping.group?.windowRows ?? 0;
    if (state === undefined) return;
    this.#nextOrdinal = state.nextOrdinal;
    for (const key of state.closed) this.#closed.add(key);
    for (const group of state.open)
      this.#open.set(group.key, { ...group, seenRows: seenIn(group) });
  }

  /** What a grouper needs to go on with the next row as this one would. */
  state(): GroupingState {
    const open = [...this.#open.values()].map(({ seenRows: _, ...group }) => ({
      ...group,
      rows: group.rows.map((row) => ({ ...row, cells: [...row.cells], raw: [...row.raw] })),
    }));
    return { nextOrdinal: this.#nextOrdinal, closed: [...this.#closed], open };
  }

  /** Takes the next row; gives the groups that it completes. */
  *add(row: Row, interpreted: Exclude<InterpretedRow, { kind: 'skipped' }>): Generator<RowGroup> {
    yield* this.#closeOlderThan(row.number - this.#windowRows - 1);
    const key = this.#keyOf(row, interpreted.fields);
    if (key === undefined || this.#closed.has(key)) {
      const reason =
        key !== undefined
          ? TOO_LATE
          : interpreted.kind === 'refused'
            ? interpreted.reason
            : 'no group';
      yield { ...this.#newGroup(row, ''), rows: [row], refusedBecause: reason };
      return;
    }
    const group = this.#open.get(key) ?? this.#newGroup(row, key);
    this.#open.delete(key);
    this.#open.set(key, group);
    this.#addTo(group, row, interpreted);
    if (this.#mapping.group === undefined || group.rows.length >= GROUP_ROWS_MAX) {
      if (group.rows.length >= GROUP_ROWS_MAX) group.refusedBecause = TOO_MANY_ROWS;
      yield this.#close(group);
    }
  }

  /** The groups that are still open at the end of the file. */
  *finish(): Generator<RowGroup> {
    for (const group of [...this.#open.values()]) yield this.#close(group);
  }

  *#closeOlderThan(rowNumber: number): Generator<RowGroup> {
    for (const group of this.#open.values()) {
      if (group.lastRow >= rowNumber) return;
      yield this.#close(group);
    }
  }

  #close(group: OpenGroup): RowGroup {
    this.#open.delete(group.key);
    if (this.#mapping.group !== undefined) {
      const [oldest] = this.#closed;
      if (this.#closed.size >= CLOSED_GROUPS_MAX && oldest !== undefined)
        this.#closed.delete(oldest);
      this.#closed.add(group.key);
    }
    return group;
  }

  #addTo(
    group: OpenGroup,
    row: Row,
    interpreted: Exclude<InterpretedRow, { kind: 'skipped' }>,
  ): void {
    group.lastRow = row.number;
    if (interpreted.kind === 'refused') {
      group.rows.push(row);
      group.refusedBecause ??= interpreted.reason;
      return;
    }
    if (this.#mapping.duplicateRows === 'drop') {
      const text = textOf(row);
      if (group.seenRows.has(text)) {
        group.duplicateRowCount += 1;
        return;
      }
      group.seenRows.add(text);
    }
    group.rows.push(row);
    group.lines.push(interpreted.fields);
  }

  /** Nothing when a field of the key is empty: such rows belong to no group. */
  #keyOf(row: Row, fields: Fields): string | undefined {
    if (this.#mapping.group === undefined) return `${row.number}\u0000${textOf(row)}`;
    const parts = this.#mapping.group.by.map((name) => fields[name]);
    return parts.includes(undefined) ? undefined : parts.join('\u0000');
  }

  #newGroup(row: Row, key: string): OpenGroup {
    const ordinal = this.#nextOrdinal;
    this.#nextOrdinal += 1;
    return {
      ordinal,
      key,
      lines: [],
      rows: [],
      duplicateRowCount: 0,
      lastRow: row.number,
      seenRows: new Set(),
    };
  }
}

function textOf(row: Row): string {
  return row.raw.join('\u0000');
}

/** The rows that another of the group can be equal to; which of a refused group doesn't matter. */
function seenIn(group: { readonly rows: readonly Row[] }): Set<string> {
  return new Set(group.rows.map(textOf));
}
