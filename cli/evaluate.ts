import { Command, InvalidArgumentError, Option } from 'commander';
import { recipeNames } from '../core/training/holdout/recipes.ts';
import { evaluateSplit, type SplitEvaluation } from './evaluate/evaluate-split.ts';
import { createTerminal } from './terminal.ts';

interface EvaluateOptions {
  readonly train: string;
  readonly test: string;
  readonly model: (typeof recipeNames)[number] | 'best';
  readonly k: number;
  readonly budget: number;
  readonly trials: number;
  readonly seed: number;
  readonly threads?: number;
  readonly json?: true;
}

/** A search of a million interactions ends well before; this bounds what larger data or a slow machine costs. */
const BUDGET_S_DEFAULT = 300;
const TRIALS_MAX_DEFAULT = 40;
const SEED_DEFAULT = 1;

const EXPLANATION = `
Fits a model to the train file and judges it on the test file: all items that a user
has not in train are ranked, and the best k are compared with the user's items in test.

  Recall@k  the share of the user's test items among the k
  NDCG@k    the same with places: 1 when the k are test items from the top

Both are means over the users with a test item. Hyper-parameters are chosen on a fifth of
each user's train items, held out by the seed; the test file is read for the judgement alone.

A line of either file is \`user item item …\`, apart by blanks; files may be compressed by gzip.

Models: ${recipeNames.join(', ')}; \`best\` tunes them and blends what helps.
(time-aware, trending and content need times or a catalogue: \`kindred train\` has them.)

Example:
  npx kindred evaluate --train train.txt.gz --test test.txt.gz --model similarity --k 20`;

/** `kindred evaluate`: how well a model ranks what it has not seen, on files of anybody. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('Fit a model to one file of interactions and judge it on another.')
    .requiredOption('--train <file>', 'interactions to learn from')
    .requiredOption('--test <file>', 'interactions to find')
    .addOption(
      new Option('--model <name>', 'model to judge')
        .choices([...recipeNames, 'best'])
        .default('best'),
    )
    .option('--k <n>', 'items of a ranking', wholeNumber(1, 1000), 20)
    .option('--budget <seconds>', 'seconds for the search at most', seconds, BUDGET_S_DEFAULT)
    .option('--trials <n>', 'trials of a model at most', wholeNumber(1, 1000), TRIALS_MAX_DEFAULT)
    .option('--seed <n>', 'seed of all that is drawn', wholeNumber(0, 2 ** 32 - 1), SEED_DEFAULT)
    .option('--threads <n>', 'threads; one a processor where absent', wholeNumber(1, 256))
    .option('--json', 'print one JSON document instead')
    .addHelpText('after', EXPLANATION)
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const showProgress = progressOn(process.stderr);
  const evaluation = await evaluateSplit({
    trainFile: options.train,
    testFile: options.test,
    model: options.model,
    size: options.k,
    budgetS: options.budget,
    trialsMax: options.trials,
    seed: options.seed,
    ...(options.threads !== undefined && { threads: options.threads }),
    onProgress: showProgress,
  });
  showProgress('');
  if (options.json === true) process.stdout.write(`${JSON.stringify(evaluation)}\n`);
  else printTable(evaluation);
}

/**
 * Progress goes to stderr, so that --json leaves one document on stdout: the latest word on a terminal, and a line
 * a step, what stands before a colon, elsewhere, but for the first one: reading takes no time, or ends in an error.
 */
function progressOn(stream: NodeJS.WriteStream): (text: string) => void {
  const terminal = createTerminal(stream);
  if (stream.isTTY) return (text) => terminal.progress(text);
  let last: string | undefined;
  return (text) => {
    const [step = ''] = text.split(':');
    if (step !== '' && last !== undefined && step !== last) terminal.line(`kindred: ${step}`);
    last = step;
  };
}

function printTable(evaluation: SplitEvaluation): void {
  const { k, recall, ndcg, train, test, seconds: spent, parts } = evaluation;
  const terminal = createTerminal(process.stdout);
  const counted = (count: number) => count.toLocaleString('en');
  const rows: readonly (readonly [string, string])[] = [
    [`Recall@${k}`, recall.toFixed(4)],
    [`NDCG@${k}`, ndcg.toFixed(4)],
    ['judged', `${counted(test.users)} users with ${counted(test.interactions)} test items`],
    [
      'trained on',
      `${counted(train.interactions)} interactions of ${counted(train.users)} users with ${counted(train.items)} items`,
    ],
    ['training', `${spent.train.toFixed(2)} s, after a search of ${spent.search.toFixed(1)} s`],
    ['peak memory', `${counted(evaluation.peakMemoryMegabytes)} MB`],
  ];
  for (const [name, value] of rows) terminal.line(`${name.padEnd(12)}  ${value}`);
  for (const { name, parameters, share } of parts) {
    const settings = Object.entries(parameters).map(([key, value]) => `${key} ${value}`);
    terminal.line(terminal.dim(`${name.padEnd(16)} × ${share}  ${settings.join(', ')}`));
  }
  for (const note of evaluation.notes) terminal.line(terminal.dim(`note: ${note}`));
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') {
    throw new InvalidArgumentError('It must be a number of seconds, 0 or more.');
  }
  return value;
}
