import { Command, InvalidArgumentError } from 'commander';
import { runDemo } from './demo/run-demo.ts';
import { UserError } from './user-error.ts';

interface DemoFlags {
  readonly seed: number;
  readonly out: string;
  readonly import?: string;
  readonly mapping?: string;
  readonly keep?: boolean;
  readonly json?: boolean;
}

const DEFAULT_SEED = 1;

/** `kindred demo`: the whole way from event to block, on this machine. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Run the whole way from event to block on this machine: no AWS account, no Docker.',
    )
    .option('--seed <number>', 'seed of the synthetic shop', wholeNumber, DEFAULT_SEED)
    .option('--import <file>', 'take orders from this file instead of the synthetic shop')
    .option('--mapping <document>', 'how the rows of the file become events')
    .option('--out <file>', 'where the HTML block goes', 'demo-block.html')
    .option('--keep', 'leave it running at the end, until Ctrl-C')
    .option('--json', 'print one JSON document instead')
    .action(async (flags: DemoFlags) => {
      if ((flags.import === undefined) !== (flags.mapping === undefined)) {
        throw new UserError(
          `--${flags.import === undefined ? 'mapping' : 'import'} stands alone.`,
          'Give both --import <file> and --mapping <document>, or neither for the synthetic shop.',
        );
      }
      await runDemo({
        seed: flags.seed,
        htmlFile: flags.out,
        file:
          flags.import === undefined || flags.mapping === undefined
            ? undefined
            : { path: flags.import, mapping: flags.mapping },
        keep: flags.keep ?? false,
        json: flags.json ?? false,
      });
    });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('A seed is a whole number from 0.');
}
