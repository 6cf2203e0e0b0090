import { Command, CommanderError } from 'commander';
import { auditCommand } from './audit.ts';
import { configCommand } from './config.ts';
import { customerCommand } from './customer.ts';
import { demoCommand } from './demo.ts';
import { dropCommand } from './drop.ts';
import { evaluateCommand } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { modelCommand } from './model.ts';
import { previewCommand } from './preview.ts';
import { pullCommand } from './pull.ts';
import { quarantineCommand } from './quarantine.ts';
import { replayCommand } from './replay.ts';
import { resetCommand } from './reset.ts';
import { sourceCommand } from './source.ts';
import { startCommand } from './start.ts';
import { tailCommand } from './tail.ts';
import { endWhenUnread } from './terminal.ts';
import { tokenCommand } from './token.ts';
import { trainCommand } from './train.ts';
import { UserError } from './user-error.ts';

/** The `kindred` command: each subcommand is a file of its own beside this one. */
async function main(): Promise<void> {
  const program = new Command('kindred')
    .description('Real-time personalization for email, in your own AWS account.')
    .addCommand(startCommand())
    .addCommand(demoCommand())
    .addCommand(importCommand())
    .addCommand(dropCommand())
    .addCommand(auditCommand())
    .addCommand(tailCommand())
    .addCommand(trainCommand())
    .addCommand(modelCommand())
    .addCommand(evaluateCommand())
    .addCommand(exportCommand())
    .addCommand(previewCommand())
    .addCommand(pullCommand())
    .addCommand(quarantineCommand())
    .addCommand(replayCommand())
    .addCommand(resetCommand())
    .addCommand(customerCommand())
    .addCommand(configCommand())
    .addCommand(sourceCommand())
    .addCommand(tokenCommand())
    .showHelpAfterError('(see --help)')
    .exitOverride();
  for (const command of program.commands) command.exitOverride();
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
