import { Command } from 'commander';
import { preview } from '../core/blocks/preview.ts';
import { customerKeyOf } from '../core/identity/customer-key.ts';
import { type OperatorApiOptions, operatorApi, withOperatorApi } from './operators/operator-api.ts';
import { previewText } from './preview/preview-text.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface PreviewOptions extends OperatorApiOptions {
  readonly placement: string;
  readonly customer?: string;
  readonly variant?: string;
  readonly model?: string;
  readonly at?: string;
  readonly limit?: string;
  readonly json?: true;
}

/** `kindred preview`: what a customer would get, and why. */
export function previewCommand(): Command {
  return withOperatorApi(new Command('preview'))
    .description('Show what a customer would get now, and why. Nothing of it is recorded.')
    .requiredOption('--placement <id>', 'whose ladder and rules choose')
    .option(
      '--customer <key>',
      'the key that the ESP sends: the shop’s id, SHA-256 of the address, <esp>:<HMAC>, anon:<anonymous id>, or a profile’s id; without it, what everybody gets',
    )
    .option('--variant <id>', 'under this variant of an experiment, in whatever state that is')
    .option('--model <id>', 'by this model instead of the current one (kindred model list)')
    .option('--at <time>', 'at this moment, ISO 8601, or at the beginning of this day (UTC)')
    .option('--limit <n>', 'so many items (default: the placement’s own)')
    .option('--json', 'print one JSON document instead')
    .addHelpText(
      'after',
      `
For each item: the rung of the ladder that it came from, its score, which compares with items of the same rung alone,
and the reason that the mail may give. Below: what each rule dropped on the way, what an answer's reader is told
besides, and where the preview may differ from what was or will be served.

Examples:
  kindred preview --placement cart-recovery --customer 4711
  kindred preview --placement for-you --customer 4711 --variant b
  kindred preview --placement for-you --customer 4711 --model 2026-11-20T02:00:05Z-9ab0
  kindred preview --placement for-you --customer 4711 --at 2026-11-27T06:00:00Z
  kindred preview --placement popular --json`,
    )
    .action(show);
}

async function show(options: PreviewOptions): Promise<void> {
  const { placement, customer, variant, model, at, limit } = options;
  refuseAddress(customer);
  const api = await operatorApi(options);
  const found = await api.ask(
    {
      method: 'GET',
      path: `/placements/${encodeURIComponent(placement)}/preview`,
      query: {
        ...(customer !== undefined && { customer }),
        ...(variant !== undefined && { variant }),
        ...(model !== undefined && { model }),
        ...(at !== undefined && { at }),
        ...(limit !== undefined && { limit }),
      },
    },
    preview,
  );
  const terminal = createTerminal(process.stdout);
  if (options.json === true) terminal.line(JSON.stringify(found));
  else for (const line of previewText(found, terminal)) terminal.line(line);
}

/** Refused here already, so that an address is not even sent. */
function refuseAddress(customer: string | undefined): void {
  const key = customerKeyOf(customer);
  if (key.kind !== 'refused' || key.cause !== 'email') return;
  throw new UserError(
    'A customer is never named by an address.',
    'Give its SHA-256: printf %s "$ADDRESS" | sha256sum (trimmed, lower case).',
  );
}
