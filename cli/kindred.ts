import { Command, CommanderError } from 'commander';
import { subcommands } from './subcommands.ts';
import { endWhenUnread } from './terminal.ts';
import { UserError } from './user-error.ts';

/** The `kindred` command, of the subcommand that is named, or of all where none is, as for the help. */
async function main(): Promise<void> {
  const program = new Command('kindred')
    .description('Real-time personalization for email, in your own AWS account.')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const named = subcommands.get(process.argv[2] ?? '');
  for (const subcommand of named === undefined ? subcommands.values() : [named]) {
    program.addCommand((await subcommand()).exitOverride());
  }
  await program.parseAsync();
}

/** What went wrong and what to do, without a stack trace: set KINDRED_DEBUG=1 for one. */
function explain(error: unknown): string {
  if (error instanceof UserError) return `${error.message}\n${error.remedy}`;
  const message = error instanceof Error ? error.message : String(error);
  return `${message}\nSet KINDRED_DEBUG=1 to see where it happened.`;
}

endWhenUnread(process.stdout);
endWhenUnread(process.stderr);
try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the help or the usage error itself.
    process.exitCode = error.exitCode === 0 ? 0 : 1;
  } else {
    process.stderr.write(`kindred: ${explain(error)}\n`);
    if (process.env.KINDRED_DEBUG !== undefined) console.error(error);
    process.exit(1);
  }
}
