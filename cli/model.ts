import { Command } from 'commander';
import * as z from 'zod';
import { modelPointer } from '../core/training/model-pointer.ts';
import { importModelCommand } from './model/import-model.ts';
import { type OperatorApiOptions, operatorApi, withOperatorApi } from './operators/operator-api.ts';
import { createTerminal } from './terminal.ts';

interface ModelOptions extends OperatorApiOptions {
  readonly json?: true;
}

interface RollbackOptions extends ModelOptions {
  readonly to?: string;
  readonly from?: string;
}

/** `kindred model`: which models there are, which one serves, and the way back to the one before. */
export function modelCommand(): Command {
  const command = new Command('model')
    .description(
      'See the models that are kept, go back to an earlier one, or bring one trained elsewhere.',
    )
    .addHelpText(
      'after',
      `
Examples:
  kindred model list                    what is kept, and which of them serves
  kindred model show 2026-11-26T02:00:07Z-3f1c
  kindred model rollback                the previous model serves again, within a quarter of a minute
  kindred model rollback --to 2026-11-20T02:00:05Z-9ab0
  kindred model import vectors.npy --items ids.txt --trained-until 2026-10-31T00:00:00Z`,
    );
  command
    .addCommand(asking('list', 'what is kept, the newest first').action(list))
    .addCommand(
      asking('show', 'what a model is made of, and how it was judged')
        .argument('<id>', 'its id, as list shows it')
        .action(show),
    )
    .addCommand(
      asking('rollback', 'make an earlier model current again')
        .option('--to <id>', 'to this model instead of the previous one')
        .option('--from <id>', 'only while this model is current')
        .action(rollback),
    )
    .addCommand(importModelCommand());
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

function asking(name: string, description: string): Command {
  return withOperatorApi(new Command(name).description(description)).option(
    '--json',
    'print one JSON document instead',
  );
}

const role = z.enum(['current', 'previous', 'kept']);
const modelList = z.object({
  pointer: modelPointer.nullable(),
  models: z.array(
    z.object({
      modelId: z.string(),
      role,
      writtenAt: z.string(),
      bytes: z.number(),
      isWhole: z.boolean(),
    }),
  ),
});

const BYTES_PER_MB = 1_000_000;

async function list(options: ModelOptions): Promise<void> {
  const api = await operatorApi(options);
  const found = await api.ask({ method: 'GET', path: '/models' }, modelList);
  if (options.json === true) return printJson(found);
  const terminal = createTerminal(process.stdout);
  if (found.models.length === 0) return terminal.line('No model has been published yet.');
  for (const { modelId, role: of, writtenAt, bytes, isWhole } of found.models) {
    const size = `${(bytes / BYTES_PER_MB).toFixed(1)} MB`.padStart(10);
    const mark = of === 'kept' ? '' : of;
    const broken = isWhole ? '' : '  (not written to its end)';
    terminal.line(`${modelId}  ${writtenAt}  ${size}  ${terminal.bold(mark)}${broken}`);
  }
}

const modelShown = z.looseObject({ modelId: z.string(), role, problem: z.string().optional() });

/** As JSON for people, too: what a model's manifest and report hold grows with the models. */
async function show(id: string, options: ModelOptions): Promise<void> {
  const api = await operatorApi(options);
  const path = `/models/${encodeURIComponent(id)}`;
  const found = await api.ask({ method: 'GET', path }, modelShown);
  if (options.json === true) return printJson(found);
  process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
}

async function rollback({ to, from, ...options }: RollbackOptions): Promise<void> {
  const api = await operatorApi(options);
  const body = { ...(to === undefined ? {} : { to }), ...(from === undefined ? {} : { from }) };
  const flipped = await api.ask({ method: 'POST', path: '/models/rollback', body }, modelPointer);
  if (options.json === true) return printJson(flipped);
  const terminal = createTerminal(process.stdout);
  terminal.line(`${terminal.bold(`Model ${flipped.current} is current`)} again.`);
  terminal.line(`${flipped.previous} stays; \`kindred model rollback\` once more goes back to it.`);
}

function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
