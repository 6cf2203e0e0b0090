import type { ProductFact } from '../../core/catalogue/product-fact.ts';

/**
 * A connector reads one kind of record from one system, page by page. It holds no state: where it
 * stands is in the cursor, which the puller stores after a page's events are durable. So a page can
 * come again at any time, and each call carries a message id made of the record's id and version.
 */
export interface Connector {
  /**
   * The page after `cursor`; without a cursor the first one ever.
   * @throws SourceRefusedError when the system says no (credentials, a wrong query): retrying is useless.
   * @throws SourceUnavailableError when it could not be asked in time: the next run goes on from the cursor.
   */
  read(cursor: Cursor | undefined, context: ReadContext): Promise<PulledPage>;
  /** Frees connections. */
  close?(): Promise<void>;
}

/** Where a connector stands: JSON, opaque to all but the connector itself. */
export type Cursor = Readonly<Record<string, string | number | boolean | null>>;

export interface ReadContext {
  readonly nowMs: number;
  /** Most records of one page. */
  readonly recordsMax: number;
  /** How far before the watermark a new run begins, for records that were committed late. */
  readonly overlapMs: number;
  readonly signal: AbortSignal;
}

export interface PulledPage {
  /** Calls in the Segment Spec's form, each with type, messageId and timestamp. */
  readonly calls: readonly unknown[];
  /** What the page says of the catalogue's items, as facts of a feed. */
  readonly products?: readonly ProductFact[];
  /** Records read; a record may give no call or several. */
  readonly recordCount: number;
  readonly next: Cursor;
  /** Nothing more for now: this run ends, the next one begins at `next`. */
  readonly isEnd: boolean;
}

/** The system answered and said no; its words are not repeated, they may hold what it was sent. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';
}

/** The system gave no usable answer within its attempts and time. */
export class SourceUnavailableError extends Error {
  override readonly name = 'SourceUnavailableError';
}
