/** One thing that happened in the local cloud, for a person who watches. Never a customer's data. */
export type LogLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'batch';
      readonly functionName: string;
      readonly shardId: string;
      readonly recordCount: number;
      /** `success`, `partial`, `failure`, `throttled`, or how the batch was given up. */
      readonly outcome: string;
      readonly failedCount: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'delivery'; readonly recordCount: number; readonly bytes: number }
  | { readonly kind: 'workflow'; readonly execution: string; readonly event: string }
  | { readonly kind: 'schedule'; readonly name: string; readonly event: string }
  /** What an alarm published. */
  | { readonly kind: 'alarm'; readonly subject: string }
  /** A line that a function wrote, metrics left out. */
  | { readonly kind: 'function'; readonly functionName: string; readonly line: string }
  | { readonly kind: 'trouble'; readonly message: string };
