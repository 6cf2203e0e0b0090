import type { Recommendation } from '../../core/blocks/recommendation.ts';
import type { ImportOutcome } from '../../core/mapping/row-tally.ts';
import type { Terminal } from '../terminal.ts';

/** What `npm run demo -- --json` prints. */
export interface DemoReport {
  readonly events: {
    readonly sent: number;
    readonly accepted: number;
    readonly duplicate: number;
    readonly quarantined: number;
  };
  readonly profiles: number;
  /** From the collector's receipt of an event to its durable profile, in milliseconds. */
  readonly freshness_ms: { readonly p50: number; readonly p99: number };
  readonly model: {
    readonly id: string;
    readonly promoted: boolean;
    readonly metrics: Readonly<Record<string, unknown>>;
    readonly baseline: Readonly<Record<string, unknown>>;
  };
  readonly recommendations: readonly (Recommendation & { readonly kind: string })[];
  /** Milliseconds from an order's acceptance until the next answer differs. */
  readonly order_to_answer_ms: number;
  readonly outage: Recommendation;
  readonly import?: ImportOutcome;
}

/** Explains an answer to a person: who asked, which rung answered and why, and the items. */
export function printRecommendation(
  terminal: Terminal,
  heading: string,
  answer: Recommendation,
): void {
  terminal.line('');
  terminal.line(`${terminal.bold(heading)}  ${answer.source}: ${answer.reason}`);
  for (const [index, item] of answer.items.entries()) {
    const place = String(index + 1).padStart(4);
    const title = item.title.slice(0, 36).padEnd(36);
    terminal.line(
      `${place}. ${title} ${item.price_text.padStart(9)}  ${terminal.dim(item.reason)}`,
    );
  }
}
