import type { ImportOutcome } from '../../core/mapping/row-tally.ts';
import type { ShopItem } from '../../examples/shop/catalogue.ts';
import { generateShop } from '../../examples/shop/generate.ts';
import type { Connection } from '../connection.ts';
import { type ImportReport, runImport } from '../import/run-import.ts';
import type { Measurements } from './measure.ts';
import { EVENTS_PER_SECOND, type SendOutcome, sendCalls } from './send.ts';
import { throwIfInterrupted } from './wait.ts';

/** A customer to fetch a block for. */
export interface Asked {
  readonly kind: 'warm' | 'cold' | 'unknown';
  readonly key: string;
}

export type SourceOutcome = SendOutcome & { readonly import?: ImportOutcome };

/** Where the demo's events come from. */
export interface DemoSource {
  send(
    connection: Connection,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<SourceOutcome>;
  /** What a person should know of the outcome, line by line. */
  explain(outcome: SourceOutcome): string[];
  /** A warm and a cold customer; a store is asked for them once, so that they are there in its outage. */
  customers(measurements: Measurements): Promise<Asked[]>;
  /** Items whose pictures can be drawn into the block's file. */
  readonly pictured: readonly ShopItem[];
}

/** The seeded synthetic shop, with some calls sent twice and some that must be refused. */
export function shopSource(seed: number, nowMs: number): DemoSource {
  const shop = generateShop({ seed, nowMs });
  const asked = (['warm', 'cold'] as const).flatMap((kind) => {
    const customer = shop.customers.find((candidate) => candidate.kind === kind);
    return customer === undefined ? [] : [{ kind, key: customer.userId }];
  });
  return {
    pictured: shop.items,
    customers: async () => asked,
    explain: () => [
      `synthetic shop, seed ${seed}: ${shop.items.length} items, ${shop.customers.length} customers, ` +
        `${shop.duplicates.length} calls sent twice, ${shop.invalid.length} invalid on purpose; ` +
        `${EVENTS_PER_SECOND} events a second`,
    ],
    send: async ({ collector, writeKey }, onProgress, signal) => {
      const calls = [...shop.calls, ...shop.duplicates, ...shop.invalid];
      return sendCalls(collector, writeKey, calls, (sent) => {
        throwIfInterrupted(signal);
        onProgress(`${sent} of ${calls.length} events sent …`);
      });
    },
  };
}

/** Rows of a file, through a mapping document. */
export function fileSource(file: { readonly path: string; readonly mapping: string }): DemoSource {
  let found: Asked[] | undefined;
  return {
    pictured: [],
    customers: async (measurements) => {
      found ??= await measurements.extremeCustomers();
      return found;
    },
    explain: (outcome) => (outcome.import === undefined ? [] : outcomeLines(outcome.import)),
    send: async ({ collector, writeKey }, onProgress, signal) => {
      const report = await runImport({
        collector,
        writeKey,
        file: file.path,
        mapping: file.mapping,
        // Every demo is a cloud of its own: what an earlier one took says nothing of this one.
        restart: true,
        signal,
        onProgress: ({ rows, events, bytesRead, bytes }) =>
          onProgress(
            `${((100 * bytesRead) / Math.max(1, bytes)).toFixed(0)} % read: ${rows} rows, ${events} events sent …`,
          ),
      });
      return {
        sent: report.events.accepted + report.events.duplicate + report.events.quarantined,
        accepted: report.events.accepted,
        rejected: report.events.quarantined,
        import: outcomeOf(report),
      };
    },
  };
}

function outcomeOf({ rows, outcomes }: ImportReport): ImportOutcome {
  return { rows, outcomes };
}

function outcomeLines({ rows, outcomes }: ImportOutcome): string[] {
  const { accepted, duplicate, quarantined, skipped } = outcomes;
  const line = (count: number, text: string) => `${String(count).padStart(9)}  ${text}`;
  return [
    line(rows, 'rows read, of which'),
    line(accepted, 'accepted'),
    line(duplicate, 'duplicate'),
    ...Object.entries(quarantined).map(([reason, count]) => line(count, `quarantined: ${reason}`)),
    ...Object.entries(skipped).map(([reason, count]) => line(count, `skipped: ${reason}`)),
  ];
}
