import {
  type Connector,
  type Cursor,
  SourceRefusedError,
  SourceUnavailableError,
} from '../../adapters/sources/connector.ts';
import { guardedHttp } from '../../adapters/sources/guarded-http.ts';
import type { ConnectorServices } from '../../adapters/sources/rest.ts';
import type { ProductFact } from '../../core/catalogue/product-fact.ts';

/** Beyond it a connector doesn't come to an end. */
const PAGES_MAX = 500;
const FAILURES_MAX = 10;
/** Longer than any answer of a local server, and what a time-out costs a test. */
const READ_MS_MAX = 1_000;

export interface Pulled {
  readonly cursor: Cursor | undefined;
  readonly calls: readonly Record<string, unknown>[];
  readonly products: readonly ProductFact[];
  /** What the runs that failed failed of. */
  readonly failures: readonly string[];
  readonly waitsMs: readonly number[];
  readonly pageCount: number;
}

export interface PullSettings {
  readonly secrets: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly recordsMax?: number;
  readonly overlapMs?: number;
  readonly cursor?: Cursor | undefined;
}

/**
 * Runs a connector to its end as the puller does: a cursor that was stored as JSON, a new connector after
 * every failure, and each call once by its message id.
 */
export async function pullEverything(
  create: (services: ConnectorServices) => Connector,
  settings: PullSettings,
): Promise<Pulled> {
  const { secrets, recordsMax = 3, overlapMs = 60_000 } = settings;
  const waitsMs: number[] = [];
  const wait = async (delayMs: number) => void waitsMs.push(delayMs);
  const nowMs = () => settings.nowMs;
  const http = guardedHttp({ allowPrivateAddresses: true }, { random: () => 0, nowMs, wait });
  const calls = new Map<unknown, Record<string, unknown>>();
  const products: ProductFact[] = [];
  const failures: string[] = [];
  let { cursor } = settings;
  let connector = create({ http, secrets, nowMs, wait });
  for (let pageCount = 1; pageCount <= PAGES_MAX; pageCount += 1) {
    const signal = AbortSignal.timeout(READ_MS_MAX);
    try {
      const context = { nowMs: settings.nowMs, recordsMax, overlapMs, signal };
      const page = await connector.read(cursor, context);
      for (const call of page.calls) {
        const fields = Object.fromEntries(Object.entries(call ?? {}));
        calls.set(fields.messageId, fields);
      }
      products.push(...(page.products ?? []));
      cursor = JSON.parse(JSON.stringify(page.next));
      if (page.isEnd) {
        return { cursor, calls: [...calls.values()], products, failures, waitsMs, pageCount };
      }
    } catch (error) {
      const isExpected =
        error instanceof SourceRefusedError || error instanceof SourceUnavailableError;
      if (!isExpected || failures.length === FAILURES_MAX) throw error;
      failures.push(error.message);
      connector = create({ http, secrets, nowMs, wait });
    }
  }
  throw new Error(`no end after ${PAGES_MAX} pages`);
}
